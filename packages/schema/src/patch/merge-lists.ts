// Merging the lists of a strategic merge patch: as sets of scalars, or as maps by a key.
import { isRecord } from '../deep.ts';
import { badRequest } from '../errors.ts';

type Values = Readonly<Record<string, unknown>>;

/** A list of scalars with the patch's added, none twice. */
export function mergeScalars(original: readonly unknown[], patch: readonly unknown[], order?: readonly unknown[]): readonly unknown[] {
  const merged = [...new Set([...original, ...patch])];
  const identity = (item: unknown): unknown => item;
  return arrange(merged, order ?? patch, original, identity);
}

/** How a list of objects merges. */
export interface KeyedMerge {
  /** The member that identifies an element. */
  readonly key: string;
  /** The order that the patch states for the whole list. */
  readonly order: readonly unknown[] | undefined;
  readonly merge: (original: Values, patch: Values) => Values;
}

/** A list of objects with the patch's merged in by key; elements with `$patch: delete` are removed. */
export function mergeByKey(original: readonly unknown[], patch: readonly unknown[], { key, order, merge }: KeyedMerge): readonly unknown[] {
  const keyOf = (item: unknown): unknown => (isRecord(item) ? item[key] : undefined);
  const { base, changes } = applyDirectives(original, patch, key);
  const merged = [...base];
  for (const change of changes) {
    const wanted = requireKey(change, key);
    const index = merged.findIndex((item) => keyOf(item) === wanted);
    const before = merged[index];
    if (index < 0) merged.push(merge({}, change));
    else merged[index] = merge(isRecord(before) ? before : {}, change);
  }
  return arrange(merged, order?.map((o) => (isRecord(o) ? o[key] : o)) ?? changes.map(keyOf), original.map(keyOf), keyOf);
}

/** The elements of a $setElementOrder. */
export function orderOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw badRequest('invalid patch format of setElementOrder list');
  return value;
}

function applyDirectives(
  original: readonly unknown[],
  patch: readonly unknown[],
  key: string,
): { readonly base: readonly unknown[]; readonly changes: readonly Values[] } {
  const changes: Values[] = [];
  const removed = new Set<unknown>();
  let replace = false;
  for (const item of patch) {
    if (!isRecord(item)) throw badRequest(`invalid patch format of a list: ${JSON.stringify(item)} is not a map`);
    const { $patch: directive, ...rest } = item;
    if (directive === undefined) changes.push(item);
    else if (directive === 'delete') removed.add(requireKey(item, key));
    else if (directive === 'merge') changes.push(rest);
    else if (directive === 'replace') replace = true;
    else throw badRequest(`unknown patch type: ${JSON.stringify(directive)} found in: ${JSON.stringify(item)}`);
  }
  return { base: replace ? [] : original.filter((item) => !isRecord(item) || !removed.has(item[key])), changes };
}

function requireKey(item: Values, key: string): unknown {
  if (!Object.hasOwn(item, key)) throw badRequest(`map: ${goMap(item)} does not contain declared merge key: ${key}`);
  return item[key];
}

/** As Go prints a map. */
function goMap(value: Values): string {
  const show = (v: unknown): string => (isRecord(v) ? goMap(v) : Array.isArray(v) ? `[${v.map(show).join(' ')}]` : String(v));
  return `map[${Object.keys(value)
    .sort()
    .map((k) => `${k}:${show(value[k])}`)
    .join(' ')}]`;
}

/**
 * Elements that the patch names in the patch's order, the others in the server's, woven so that an element of the server
 * stays before those that it preceded.
 */
function arrange(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  keyOf: (item: unknown) => unknown,
): readonly unknown[] {
  const patchRank = rank(patchOrder);
  const serverRank = rank(serverOrder);
  const named = merged.filter((item) => patchRank.has(keyOf(item))).toSorted((a, b) => patchRank.get(keyOf(a))! - patchRank.get(keyOf(b))!);
  const others = merged.filter((item) => !patchRank.has(keyOf(item)));
  const woven: unknown[] = [];
  let n = 0;
  let o = 0;
  while (n < named.length && o < others.length) {
    const left = serverRank.get(keyOf(others[o]));
    const right = serverRank.get(keyOf(named[n]));
    woven.push(left !== undefined && right !== undefined && left < right ? others[o++] : named[n++]);
  }
  return [...woven, ...named.slice(n), ...others.slice(o)];
}

function rank(order: readonly unknown[]): ReadonlyMap<unknown, number> {
  const ranks = new Map<unknown, number>();
  order.forEach((key, i) => ranks.has(key) || ranks.set(key, i));
  return ranks;
}
