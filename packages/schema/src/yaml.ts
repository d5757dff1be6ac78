// YAML as Kubernetes reads it (sigs.k8s.io/yaml): YAML 1.1 booleans and octals, but no timestamps, binaries or base 60.
import type { Document, Node, Pair, ScalarTag } from 'yaml';
import type { Parsed } from './json.ts';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, parseDocument, stringify } from 'yaml';
import { badRequest } from './errors.ts';
import { childPath } from './field-error.ts';

/** Parses one document. Throws BadRequest with the line for what is not YAML. */
export function parseYaml(text: string): Parsed {
  return read(parseDocument(text, options()));
}

/** Parses a stream of documents separated by '---'; empty ones are left out. */
export function parseYamlDocuments(text: string): readonly Parsed[] {
  const documents = parseAllDocuments(text, options());
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

/** Parses one document and remembers where its fields stand. Never throws. */
export function parseYamlWithPlaces(text: string): LocatedYaml {
  const settings = options();
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

/** Go's scalars, tried in this order on plain text. */
const GO_TAGS: ScalarTag[] = [
  { tag: 'tag:yaml.org,2002:null', default: true, test: /^(?:~|null|Null|NULL)?$/, resolve: () => null },
  { tag: 'tag:yaml.org,2002:bool', default: true, test: /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/, resolve: () => true },
  { tag: 'tag:yaml.org,2002:bool', default: true, test: /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/, resolve: () => false },
  { tag: 'tag:yaml.org,2002:int', default: true, test: /^[-+]?0b[01_]+$/, resolve: (text) => radix(text, '0b', 2) },
  { tag: 'tag:yaml.org,2002:int', default: true, test: /^[-+]?0x[0-9a-fA-F_]+$/, resolve: (text) => radix(text, '0x', 16) },
  { tag: 'tag:yaml.org,2002:int', default: true, test: /^[-+]?0o[0-7_]+$/, resolve: (text) => radix(text, '0o', 8) },
  { tag: 'tag:yaml.org,2002:int', default: true, test: /^[-+]?0[0-7_]+$/, resolve: (text) => radix(text, '0', 8) },
  { tag: 'tag:yaml.org,2002:int', default: true, test: /^[-+]?(?:0|[1-9][0-9_]*)$/, resolve: (text) => Number(text.replaceAll('_', '')) },
  {
    tag: 'tag:yaml.org,2002:float',
    default: true,
    test: /^[-+]?(?:\.[0-9_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/,
    resolve: (text) => Number(text.replaceAll('_', '')),
  },
  { tag: 'tag:yaml.org,2002:binary', resolve: (text) => Buffer.from(text, 'base64').toString('utf8') },
];

function options(): Parameters<typeof parseDocument>[1] & { readonly lineCounter: LineCounter } {
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

function radix(text: string, prefix: string, base: number): number {
  const digits = text.replace(/^[-+]/, '').slice(prefix.length).replaceAll('_', '');
  return (text.startsWith('-') ? -1 : 1) * Number.parseInt(digits, base);
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
