// Small changes to the text of a YAML document that leave every other character as it is: comments, order, quotes, spaces.
import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { deepEqual, isRecord } from './deep.ts';
import { parseFully, yamlOptions } from './full-yaml.ts';

/** A change: a field gets a value, or goes. A mapping that is left empty goes too. */
export interface YamlEdit {
  readonly path: readonly (string | number)[];
  /** undefined: the field goes. Text, a number or a boolean. */
  readonly value: string | number | boolean | undefined;
}

/**
 * The text with the changes made; undefined where they cannot be made without touching more than they say, as with aliases.
 * The result is read again: it means what the old text means, but for the changes.
 */
export function editYaml(text: string, edits: readonly YamlEdit[]): string | undefined {
  let edited: string | undefined = text;
  for (const edit of edits) edited = edited === undefined ? undefined : editOnce(edited, edit);
  if (edited === undefined) return undefined;
  const [before, after] = [parseFully(text), parseFully(edited)];
  if (before.error || after.error) return undefined;
  const wanted = edits.reduce<unknown>((value, { path, value: to }) => changed(value, path, to), before.value);
  return deepEqual(wanted, after.value) ? edited : undefined;
}

function editOnce(text: string, { path, value }: YamlEdit): string | undefined {
  const { contents } = parseDocument(text, yamlOptions());
  const parents: YAMLMap[] = [];
  let node: unknown = contents;
  let missing: readonly (string | number)[] = [];
  for (const [index, step] of path.entries()) {
    if (isMap(node)) {
      parents.push(node as YAMLMap);
      const pair = pairOf(node as YAMLMap, step);
      if (pair === undefined) {
        missing = path.slice(index);
        break;
      }
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') node = node.items[step];
    else return undefined;
  }
  const map = parents.at(-1);
  if (!map) return undefined;
  const last = path.at(-1) ?? '';
  if (value === undefined) return missing.length > 0 ? text : removePair(text, parents, path);
  if (missing.length > 0) return insert(text, map, missing, value);
  const old = pairOf(map, last)?.value;
  if (!isScalar(old) || !old.range) return undefined;
  return splice(text, old.range[0], old.range[1], String(value));
}

function pairOf(map: YAMLMap, step: string | number): Pair<Node, Node | null> | undefined {
  return (map.items as Pair<Node, Node | null>[]).find(({ key }) => isScalar(key) && String(key.value) === String(step));
}

/** A new first line of a block mapping, or a new first entry of one in braces. */
function insert(text: string, map: YAMLMap, missing: readonly (string | number)[], value: string | number | boolean): string | undefined {
  const [first] = map.items as Pair<Node, Node | null>[];
  const start = map.flow ? map.range?.[0] : first?.key.range?.[0];
  if (start === undefined || missing.some((step) => typeof step === 'number')) return undefined;
  if (map.flow) {
    const entry = missing.reduceRight<string>(
      (inner, step, index) => (index === missing.length - 1 ? `${step}: ${inner}` : `${step}: { ${inner} }`),
      String(value),
    );
    return splice(text, start + 1, start + 1, map.items.length > 0 ? ` ${entry},` : ` ${entry} `);
  }
  const column = start - (text.lastIndexOf('\n', start - 1) + 1);
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = missing.map((step, index) => `${' '.repeat(column + 2 * index)}${step}:${index === missing.length - 1 ? ` ${value}` : ''}`);
  return splice(text, start, start, `${lines.join(end).trimStart()}${end}${' '.repeat(column)}`);
}

/** Takes the pair out, and the mapping around it when nothing is left in it. */
function removePair(text: string, parents: readonly YAMLMap[], path: readonly (string | number)[]): string | undefined {
  const map = parents.at(-1);
  const step = path.at(-1);
  if (!map || step === undefined) return undefined;
  if (map.items.length === 1) return parents.length === 1 ? undefined : removePair(text, parents.slice(0, -1), path.slice(0, -1));
  const pairs = map.items as Pair<Node, Node | null>[];
  const index = pairs.findIndex(({ key }) => isScalar(key) && String(key.value) === String(step));
  const [pair, next, previous] = [pairs[index], pairs[index + 1], pairs[index - 1]];
  const start = pair?.key.range?.[0];
  const end = pair?.value?.range?.[1];
  if (start === undefined || end === undefined) return undefined;
  if (map.flow) {
    if (next) return splice(text, start, next.key.range?.[0] ?? end, '');
    return splice(text, previous?.value?.range?.[1] ?? start, end, '');
  }
  const lineEnd = text.indexOf('\n', Math.max(start, end - 1));
  const after = lineEnd < 0 ? text.length : lineEnd + 1;
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  // The first key of an element of a list stands behind the hyphen: the next one moves up there.
  if (/\S/.test(text.slice(lineStart, start))) return next ? splice(text, start, next.key.range?.[0] ?? after, '') : undefined;
  return splice(text, lineStart, after, '');
}

function splice(text: string, from: number, to: number, by: string): string {
  return text.slice(0, from) + by + text.slice(to);
}

/** The value with one change, as editOnce makes it in the text. */
function changed(root: unknown, path: readonly (string | number)[], value: YamlEdit['value']): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(root)) return root.map((item: unknown, index) => (index === step ? changed(item, rest, value) : item));
  const fields = isRecord(root) ? root : {};
  const inner = changed(fields[step], rest, value);
  const emptied = value === undefined && (inner === undefined || (isRecord(inner) && Object.keys(inner).length === 0));
  if (!emptied) return value === undefined && !Object.hasOwn(fields, step) ? root : { ...fields, [step]: inner };
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== String(step)));
}
