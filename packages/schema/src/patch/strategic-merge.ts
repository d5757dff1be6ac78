// Strategic merge patch: like a merge patch, but lists merge by the keys that the table states, and directives steer it.
import type { FieldDef, TypeNode } from '../type-table.ts';
import { isRecord, setMember } from '../deep.ts';
import { badRequest } from '../errors.ts';
import { findTypeDef } from '../type-table.ts';
import { mergeByKey, mergeScalars, orderOf } from './merge-lists.ts';

type Values = Readonly<Record<string, unknown>>;

const PATCH = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const SET_ORDER = '$setElementOrder/';

/**
 * The document with the patch merged in by the merge keys of the type, at any depth. Directives: `$patch` (replace, delete,
 * merge), `$deleteFromPrimitiveList/f`, `$setElementOrder/f`, `$retainKeys`. Pure. Throws BadRequest with upstream's words.
 */
export function strategicMergePatch(document: unknown, patch: unknown, typeName: string): unknown {
  if (!isRecord(patch)) throw badRequest('json: cannot unmarshal array into Go value of type map[string]interface {}');
  return mergeMap(isRecord(document) ? document : {}, patch, { ref: typeName });
}

function mergeMap(original: Values, patch: Values, node: TypeNode): Values {
  switch (patch[PATCH]) {
    case undefined:
      return mergeMembers(retained(original, patch), patch, node);
    case 'replace': {
      const { [PATCH]: _, ...rest } = patch;
      return rest;
    }
    case 'delete':
      return {};
    case 'merge': {
      const { [PATCH]: _, ...rest } = patch;
      return mergeMap(original, rest, node);
    }
    default:
      throw badRequest(`unknown patch type: ${String(patch[PATCH])} found in: ${JSON.stringify(patch)}`);
  }
}

function mergeMembers(original: Values, patch: Values, node: TypeNode): Values {
  const merged: Record<string, unknown> = { ...original };
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(DELETE_FROM)) deleteFromList(merged, key.slice(DELETE_FROM.length), value);
  }
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined || key === RETAIN_KEYS || key.startsWith(DELETE_FROM) || key.startsWith(SET_ORDER)) continue;
    if (value === null) delete merged[key];
    else
      setMember(
        merged,
        key,
        mergeValue(Object.hasOwn(merged, key) ? merged[key] : undefined, value, {
          field: fieldOf(node, key),
          order: patch[SET_ORDER + key],
        }),
      );
  }
  for (const [key, order] of Object.entries(patch)) {
    const name = key.startsWith(SET_ORDER) ? key.slice(SET_ORDER.length) : undefined;
    if (name === undefined || Object.hasOwn(patch, name)) continue;
    const list = merged[name];
    // An order without elements only sorts what is there.
    if (Array.isArray(list)) merged[name] = mergeList(list, [], { field: fieldOf(node, name), order });
  }
  return merged;
}

interface Place {
  readonly field: FieldDef | undefined;
  /** The value of $setElementOrder for this list. */
  readonly order: unknown;
}

function mergeValue(original: unknown, patch: unknown, place: Place): unknown {
  const { field } = place;
  if (isRecord(patch)) {
    if (hasStrategy(field, 'replace')) return withoutNulls(patch);
    return mergeMap(isRecord(original) ? original : {}, patch, field?.map ? { map: field.map } : (field ?? {}));
  }
  if (Array.isArray(patch) && hasStrategy(field, 'merge')) return mergeList(Array.isArray(original) ? original : [], patch, place);
  return patch;
}

function mergeList(original: readonly unknown[], patch: readonly unknown[], { field, order }: Place): readonly unknown[] {
  if (!hasStrategy(field, 'merge')) return original;
  const element = field?.list ?? {};
  const wantedOrder = order === undefined ? undefined : orderOf(order);
  if (element.ref === undefined) return mergeScalars(original, patch, wantedOrder);
  const key = field?.patchMergeKey ?? '';
  return mergeByKey(original, patch, { key, order: wantedOrder, merge: (before, change) => mergeMap(before, change, element) });
}

/** The original without the members that $retainKeys leaves out. */
function retained(original: Values, patch: Values): Values {
  const keys = patch[RETAIN_KEYS];
  if (keys === undefined) return original;
  if (!Array.isArray(keys)) throw badRequest(`invalid patch format of retainKeys list`);
  const foreign = Object.keys(patch).filter((key) => !key.startsWith('$') && patch[key] !== null && !keys.includes(key));
  if (foreign.length > 0) throw badRequest(`invalid patch format of retainKeys list`);
  return Object.fromEntries(Object.entries(original).filter(([key]) => keys.includes(key)));
}

function deleteFromList(merged: Record<string, unknown>, name: string, values: unknown): void {
  const list = merged[name];
  if (!Array.isArray(values)) throw badRequest(`invalid patch format of ${DELETE_FROM}${name}`);
  if (Array.isArray(list)) merged[name] = list.filter((item) => !values.includes(item));
}

/** A map's members all have the type of its values; a struct's have their own. Unknown ones are taken as they are. */
function fieldOf(node: TypeNode, name: string): FieldDef | undefined {
  if (node.map) return node.map;
  return node.ref === undefined ? undefined : findTypeDef(node.ref)?.fields?.[name];
}

function hasStrategy(field: FieldDef | undefined, strategy: string): boolean {
  return field?.patchStrategy?.split(',').includes(strategy) ?? false;
}

function withoutNulls(value: Values): Values {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, member]) => member !== null && key !== PATCH)
      .map(([key, member]) => [key, isRecord(member) ? withoutNulls(member) : member]),
  );
}
