// YAML as Kubernetes reads it (sigs.k8s.io/yaml): YAML 1.1 booleans and octals, but no timestamps, binaries or base 60.
import type { Document, Node, Pair } from 'yaml';
import type { Parsed } from './json.ts';
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, parseDocument, stringify } from 'yaml';
import { badRequest } from './errors.ts';
import { childPath } from './field-error.ts';
import { yamlOptions } from './full-yaml.ts';
import { readPlainYaml } from './plain-yaml.ts';

/** Parses one document. Throws BadRequest with the line for what is not YAML. */
export function parseYaml(text: string): Parsed {
  // Most of what is written needs a tenth of the time; it gives up on keys that come twice.
  const plain = readPlainYaml(text);
  if (plain) return { value: plain.value, duplicates: [] };
  return read(parseDocument(text, yamlOptions()));
}

/** Parses a stream of documents separated by '---'; empty ones are left out. */
export function parseYamlDocuments(text: string): readonly Parsed[] {
  const documents = parseAllDocuments(text, yamlOptions());
  return (Array.isArray(documents) ? documents : []).map(read).filter(({ value }) => value !== null && value !== undefined);
}

/** Writes a value as kubectl does: sorted keys, lists not indented, text that reads as something else quoted. */
export function toYaml(value: unknown): string {
  return stringify(value, { version: '1.1', sortMapEntries: true, lineWidth: 0, indentSeq: false, aliasDuplicateObjects: false });
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
