// quantity(), as the Kubernetes CEL library has it.
import type { Environment } from '@marcbachmann/cel-js';
import { parseQuantity, Quantity, tryParseQuantity } from '../../quantity.ts';

export function addQuantities(env: Environment): void {
  const sync = { async: false };
  env.registerType('kubernetes.Quantity', Quantity);
  env.registerFunction('quantity(string): kubernetes.Quantity', (text: string) => parseQuantity(text), sync);
  env.registerFunction('isQuantity(string): bool', (text: string) => tryParseQuantity(text) !== undefined, sync);
  env.registerFunction('kubernetes.Quantity.sign(): int', (q: Quantity) => BigInt(q.sign()), sync);
  env.registerFunction('kubernetes.Quantity.isInteger(): bool', (q: Quantity) => isInteger(q), sync);
  env.registerFunction(
    'kubernetes.Quantity.asInteger(): int',
    (q: Quantity) => {
      if (!isInteger(q)) throw new Error('cannot convert value to integer');
      return q.bigValue();
    },
    sync,
  );
  env.registerFunction('kubernetes.Quantity.asApproximateFloat(): double', (q: Quantity) => q.milliValue() / 1000, sync);
  env.registerFunction('kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool', (a: Quantity, b: Quantity) => a.compare(b) < 0, sync);
  env.registerFunction(
    'kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool',
    (a: Quantity, b: Quantity) => a.compare(b) > 0,
    sync,
  );
  env.registerFunction('kubernetes.Quantity.compareTo(kubernetes.Quantity): int', (a: Quantity, b: Quantity) => BigInt(a.compare(b)), sync);
  env.registerFunction('kubernetes.Quantity.add(kubernetes.Quantity): kubernetes.Quantity', (a: Quantity, b: Quantity) => a.add(b), sync);
  env.registerFunction('kubernetes.Quantity.sub(kubernetes.Quantity): kubernetes.Quantity', (a: Quantity, b: Quantity) => a.sub(b), sync);
  env.registerFunction('kubernetes.Quantity.add(int): kubernetes.Quantity', (a: Quantity, b: bigint) => a.add(Quantity.of(b)), sync);
  env.registerFunction('kubernetes.Quantity.sub(int): kubernetes.Quantity', (a: Quantity, b: bigint) => a.sub(Quantity.of(b)), sync);
  env.registerOperator('kubernetes.Quantity == kubernetes.Quantity', (a: Quantity, b: Quantity) => a.compare(b) === 0);
}

function isInteger(quantity: Quantity): boolean {
  const value = quantity.bigValue();
  return value <= 2n ** 63n - 1n && value >= -(2n ** 63n) && Quantity.of(value).compare(quantity) === 0;
}
