// Dropping what a schema does not name.
import type { SchemaNode } from './node.ts';
import { decodeTyped } from '../decode.ts';
import { isRecord, setMember } from '../deep.ts';
import { childPath } from '../field-error.ts';

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** A pruned value and the paths of what was dropped. */
export interface Pruned {
  readonly value: unknown;
  readonly unknownFields: readonly string[];
}

/** Prunes an object; apiVersion, kind and metadata stay, metadata as ObjectMeta. The same value when nothing is dropped. */
export function pruneObject(schema: SchemaNode, value: unknown): Pruned {
  const unknownFields: string[] = [];
  return { value: prune(schema, value, '', { root: true, unknownFields }), unknownFields };
}

interface Pruning {
  readonly root: boolean;
  readonly unknownFields: string[];
}

function prune(node: SchemaNode, value: unknown, path: string, state: Pruning): unknown {
  if (Array.isArray(value)) return pruneList(node, value, path, state);
  return isRecord(value) ? pruneRecord(node, value, path, state) : value;
}

function pruneList(node: SchemaNode, value: readonly unknown[], path: string, state: Pruning): unknown {
  const { items } = node;
  if (!items) return value;
  let changed: unknown[] | undefined;
  for (let i = 0; i < value.length; i++) {
    const pruned = prune(items, value[i], `${path}[${i}]`, { ...state, root: false });
    if (pruned !== value[i]) (changed ??= [...value])[i] = pruned;
  }
  return changed ?? value;
}

function pruneRecord(node: SchemaNode, value: Readonly<Record<string, unknown>>, path: string, state: Pruning): unknown {
  const result: Record<string, unknown> = {};
  const resource = state.root || node.embedded;
  let changed = false;
  for (const key of Object.keys(value)) {
    const before = value[key];
    if (before === undefined) continue;
    const after = pruneMember({ node, key, resource }, before, childPath(path, key), state);
    if (after === undefined) state.unknownFields.push(childPath(path, key));
    else setMember(result, key, after);
    changed ||= after !== before;
  }
  return changed ? result : value;
}

/** The member as it stays; undefined when it goes. */
function pruneMember(
  { node, key, resource }: { readonly node: SchemaNode; readonly key: string; readonly resource: boolean },
  value: unknown,
  path: string,
  state: Pruning,
): unknown {
  if (resource && (key === 'apiVersion' || key === 'kind')) return value;
  if (resource && key === 'metadata') return pruneMetadata(value, path, state);
  const schema = node.properties.get(key) ?? (node.additional === true ? undefined : node.additional);
  if (schema) return prune(schema, value, path, { ...state, root: false });
  return node.additional === true || node.preserve ? value : undefined;
}

function pruneMetadata(value: unknown, path: string, state: Pruning): unknown {
  const { object, unknownFields } = decodeTyped(OBJECT_META, value ?? {});
  state.unknownFields.push(...unknownFields.map((field) => childPath(path, field)));
  // Only built-in kinds state an unset creation time.
  const { creationTimestamp, ...rest } = object;
  return creationTimestamp === null ? rest : object;
}
