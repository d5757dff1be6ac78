// Lists and sets: sums, order, positions, containment.
import type { Environment } from '@marcbachmann/cel-js';
import { celEqual } from '../equality.ts';

type Numeric = bigint | number;

/** `sets` itself, on which the functions are called. */
class SetsNamespace {}

export function addLists(env: Environment): void {
  const sync = { async: false };
  for (const [type, zero] of [
    ['int', 0n],
    ['double', 0],
  ] as const)
    env.registerFunction(`list<${type}>.sum(): ${type}`, (list: Numeric[]) => sum(list, zero), sync);
  env.registerFunction('list.sum(): dyn', (list: Numeric[]) => sum(list, 0n), sync);
  env.registerFunction('list.isSorted(): bool', (list: Numeric[]) => list.every((item, i) => i === 0 || !(list[i - 1]! > item)), sync);
  for (const type of ['int', 'double', 'string']) {
    env.registerFunction(`list<${type}>.min(): ${type}`, (list: Numeric[]) => extreme(list, 'min'), sync);
    env.registerFunction(`list<${type}>.max(): ${type}`, (list: Numeric[]) => extreme(list, 'max'), sync);
  }
  env.registerFunction('list.min(): dyn', (list: Numeric[]) => extreme(list, 'min'), sync);
  env.registerFunction('list.max(): dyn', (list: Numeric[]) => extreme(list, 'max'), sync);
  env.registerFunction(
    'list.indexOf(dyn): int',
    (list: unknown[], item: unknown) => BigInt(list.findIndex((other) => celEqual(other, item))),
    sync,
  );
  env.registerFunction(
    'list.lastIndexOf(dyn): int',
    (list: unknown[], item: unknown) => BigInt(list.findLastIndex((other) => celEqual(other, item))),
    sync,
  );
  env.registerType('kubernetes.SetsNamespace', SetsNamespace);
  env.registerConstant('sets', 'kubernetes.SetsNamespace', new SetsNamespace());
  const contains = (a: readonly unknown[], b: readonly unknown[]): boolean => b.every((item) => a.some((other) => celEqual(other, item)));
  env.registerFunction(
    'kubernetes.SetsNamespace.contains(list, list): bool',
    (_s: unknown, a: unknown[], b: unknown[]) => contains(a, b),
    sync,
  );
  env.registerFunction(
    'kubernetes.SetsNamespace.equivalent(list, list): bool',
    (_s: unknown, a: unknown[], b: unknown[]) => contains(a, b) && contains(b, a),
    sync,
  );
  env.registerFunction(
    'kubernetes.SetsNamespace.intersects(list, list): bool',
    (_s: unknown, a: unknown[], b: unknown[]) => b.some((item) => a.some((other) => celEqual(other, item))),
    sync,
  );
}

function sum(list: readonly Numeric[], zero: Numeric): Numeric {
  let total: Numeric | undefined;
  for (const item of list)
    total =
      total === undefined ? item : typeof total === 'bigint' && typeof item === 'bigint' ? total + item : Number(total) + Number(item);
  return total ?? zero;
}

function extreme(list: readonly Numeric[], which: 'min' | 'max'): Numeric {
  const [first, ...rest] = list;
  if (first === undefined) throw new Error(`${which} called on empty list`);
  return rest.reduce((best, item) => ((which === 'min' ? item < best : item > best) ? item : best), first);
}
