// The full parser of YAML. It is loaded for texts that are not plain, and by those who change texts; the package's main entry keeps away from it.
import type { Document, Node, Pair } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { once } from './memoize.ts';
import { GO_TAGS } from './yaml-scalars.ts';

/** A document with the place of each of its fields. Lines and columns count from 1. */
export interface LocatedYaml {
  /** undefined where the text is no YAML. */
  readonly value: unknown;
  readonly error: { readonly line: number; readonly column: number; readonly message: string } | undefined;
  /** Where the field's key begins, or an element of a list; undefined where the path leads nowhere in the text. */
  readonly locate: (path: readonly (string | number)[]) => { readonly line: number; readonly column: number } | undefined;
}

/** How every text is parsed. */
export function yamlOptions(): Parameters<typeof parseDocument>[1] & { readonly lineCounter: LineCounter } {
  return {
    schema: 'failsafe',
    customTags: (tags) => [...tags, ...GO_TAGS],
    merge: true,
    uniqueKeys: false,
    version: '1.1',
    lineCounter: new LineCounter(),
    prettyErrors: true,
  };
}

/** As parseYamlWithPlaces, by the full parser. The tree, many times the size of the text, is not kept: to locate, it is made again. */
export function parseFully(text: string): LocatedYaml {
  const document = parseDocument(text, yamlOptions());
  const again = once(() => {
    const settings = yamlOptions();
    return { document: parseDocument(text, settings), lines: settings.lineCounter };
  });
  const locate: LocatedYaml['locate'] = (path) => placeOf(again().document, path, again().lines);
  const broken = document.errors[0];
  if (broken) {
    const { line, col } = broken.linePos?.[0] ?? { line: 1, col: 1 };
    return {
      value: undefined,
      error: { line, column: col, message: inWords(broken.message.split('\n')[0]?.replace(/ at line \d+.*$/, '') ?? '') },
      locate,
    };
  }
  try {
    return { value: document.toJS() as unknown, error: undefined, locate };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { value: undefined, error: { line: 1, column: 1, message: inWords(message) }, locate };
  }
}

/** The parser reports an exhausted stack as an error of the text. */
function inWords(message: string): string {
  return message.startsWith('Maximum call stack') ? 'it is nested too deeply' : message;
}

/** Follows aliases, since their fields stand at the anchor. */
function placeOf(document: Document.Parsed, path: readonly (string | number)[], lines: LineCounter): ReturnType<LocatedYaml['locate']> {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = (node.items as Pair<Node, Node | null>[]).find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!pair) return undefined;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number' && node.items[step] !== undefined) {
      node = node.items[step];
      offset = (node as Node).range?.[0] ?? offset;
    } else return undefined;
  }
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}
