// Amounts by the names of resources, as quotas and limits count them.
import { parseQuantity, Quantity } from '../quantity.ts';

export type Amounts = Readonly<Record<string, Quantity>>;
type Stated = Readonly<Record<string, string | number>>;

/** The amounts of a list as an object states it. */
export function amountsOf(stated: Stated | undefined): Amounts {
  return Object.fromEntries(Object.entries(stated ?? {}).map(([name, amount]) => [name, parseQuantity(amount)]));
}

/** As an object states them. */
export function statedAmounts(amounts: Amounts): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, amount.toString()]));
}

export function addAmounts(a: Amounts, b: Amounts): Amounts {
  return combined(a, b, (x, y) => x.add(y));
}

/** The larger of both for each name. */
export function maxAmounts(a: Amounts, b: Amounts): Amounts {
  return combined(a, b, (x, y) => (x.compare(y) >= 0 ? x : y));
}

/** What `a` has more than `b`, where it has more. */
export function excessOf(a: Amounts, b: Amounts): Amounts {
  const differences = Object.entries(a).map(([name, amount]) => [name, b[name] ? amount.sub(b[name]) : amount] as const);
  return Object.fromEntries(differences.filter(([, amount]) => amount.sign() > 0));
}

/** Only these names. */
export function onlyAmounts(amounts: Amounts, names: readonly string[]): Amounts {
  return Object.fromEntries(names.flatMap((name) => (amounts[name] ? [[name, amounts[name]]] : [])));
}

/** 'cpu=1,pods=2', sorted. */
export function amountsText(amounts: Amounts): string {
  return Object.keys(amounts)
    .toSorted()
    .map((name) => `${name}=${amounts[name]?.toString()}`)
    .join(',');
}

export function count(number: number): Quantity {
  return Quantity.of(number);
}

function combined(a: Amounts, b: Amounts, both: (x: Quantity, y: Quantity) => Quantity): Amounts {
  const result: Record<string, Quantity> = { ...a };
  for (const [name, amount] of Object.entries(b)) result[name] = result[name] ? both(result[name], amount) : amount;
  return result;
}
