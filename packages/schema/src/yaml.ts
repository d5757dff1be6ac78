// YAML as Kubernetes reads it (sigs.k8s.io/yaml): YAML 1.1 booleans and octals, but no timestamps, binaries or base 60.
import type { Document, Node, Pair } from 'yaml';
import type { Parsed } from './json.ts';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, parseDocument, stringify } from 'yaml';
import { badRequest } from './errors.ts';
import { childPath } from './field-error.ts';
import { once } from './memoize.ts';
import { readPlainYaml } from './plain-yaml.ts';
import { GO_TAGS } from './yaml-scalars.ts';

/** Parses one document. Throws BadRequest with the line for what is not YAML. */
export function parseYaml(text: string): Parsed {
  return read(parseDocument(text, yamlOptions()));
}

/** Parses a stream of documents separated by '---'; empty ones are left out. */
export function parseYamlDocuments(text: string): readonly Parsed[] {
  const documents = parseAllDocuments(text, yamlOptions());
  return (Array.isArray(documents) ? documents : []).map(read).filter(({ value }) => value !== null && value !== undefined);
}

/** A document with the place of each of its fields. Lines and columns count from 1. */
export interface LocatedYaml {
  /** undefined where the text is no YAML. */
  readonly value: unknown;
  readonly error: { readonly line: number; readonly column: number; readonly message: string } | undefined;
  /** Where the field's key begins, or an element of a list; undefined where the path leads nowhere in the text. */
  readonly locate: (path: readonly (string | number)[]) => { readonly line: number; readonly column: number } | undefined;
}

/** Parses one document and knows where its fields stand. Never throws. Plain documents are read quickly, and again only to locate. */
export function parseYamlWithPlaces(text: string): LocatedYaml {
  const lines = text.includes('\r') ? text.replaceAll('\r\n', '\n') : text;
  const quick = readPlainYaml(lines);
  if (!quick) return parseFully(text);
  return { value: quick.value, error: undefined, locate: plainLocator(lines) };
}

/** Reads the text again when the first place is asked for. */
function plainLocator(text: string): LocatedYaml['locate'] {
  const again = once(() => readPlainYaml(text, true));
  const lines = once(() => lineStarts(text));
  const start = once(() => Math.max(0, text.search(/^(?!---|#|\s*$)/m)));
  return (path) => {
    const { value, offsets } = again() ?? {};
    let node = value;
    let offset = start();
    for (const step of path) {
      const found = typeof node === 'object' && node !== null ? offsets?.get(node)?.get(step) : undefined;
      if (found === undefined) return undefined;
      offset = found;
      node = (node as Readonly<Record<string | number, unknown>>)[step];
    }
    const line = lines().findLastIndex((from) => from <= offset);
    return { line: line + 1, column: offset - (lines()[line] ?? 0) + 1 };
  };
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** As parseYamlWithPlaces, by the full parser. */
export function parseFully(text: string): LocatedYaml {
  const settings = yamlOptions();
  const document = parseDocument(text, settings);
  const locate: LocatedYaml['locate'] = (path) => placeOf(document, path, settings.lineCounter);
  const broken = document.errors[0];
  if (broken) {
    const { line, col } = broken.linePos?.[0] ?? { line: 1, col: 1 };
    return {
      value: undefined,
      error: { line, column: col, message: broken.message.split('\n')[0]?.replace(/ at line \d+.*$/, '') ?? '' },
      locate,
    };
  }
  try {
    return { value: document.toJS() as unknown, error: undefined, locate };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { value: undefined, error: { line: 1, column: 1, message }, locate };
  }
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

/** Writes a value as kubectl does: sorted keys, lists not indented, text that reads as something else quoted. */
export function toYaml(value: unknown): string {
  return stringify(value, { version: '1.1', sortMapEntries: true, lineWidth: 0, indentSeq: false, aliasDuplicateObjects: false });
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

function read(document: Document.Parsed): Parsed {
  const error = document.errors[0];
  if (error)
    throw badRequest(`error converting YAML to JSON: yaml: line ${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0]}`, {
      cause: error,
    });
  const duplicates: string[] = [];
  if (document.contents) findDuplicates(document.contents, '', duplicates);
  return { value: toValue(document), duplicates };
}

/** Aliases and merge keys are resolved only here, and fail only here. */
function toValue(document: Document.Parsed): unknown {
  try {
    return document.toJS() as unknown;
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: yaml: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function findDuplicates(node: Node, path: string, found: string[]): void {
  if (isAlias(node) || isScalar(node)) return;
  if (isSeq(node)) node.items.forEach((item, i) => findDuplicates(item as Node, `${path}[${i}]`, found));
  if (!isMap(node)) return;
  const seen = new Set<string>();
  for (const pair of node.items as Pair<Node, Node | null>[]) {
    const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    const at = childPath(path, key);
    if (seen.has(key) && key !== '<<') found.push(at);
    seen.add(key);
    if (pair.value) findDuplicates(pair.value, at, found);
  }
}
