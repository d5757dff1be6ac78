import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalQuantity, compareQuantities, parseQuantity, Quantity, QuantityError } from './quantity.ts';

describe('canonical form', () => {
  test.each([
    ['0', '0'],
    ['0.5', '500m'],
    ['1500m', '1500m'],
    ['1000m', '1'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1500Mi', '1500Mi'],
    ['1023', '1023'],
    ['1024', '1024'],
    ['0.5Ki', '512'],
    ['5000k', '5M'],
    ['1e3', '1e3'],
    ['100e1', '1e3'],
    ['0.1n', '1n'],
    ['-1.5', '-1500m'],
    ['+5', '5'],
    ['.5', '500m'],
    ['1.', '1'],
    ['1E', '1E'],
    ['16Ei', '9223372036854775807'],
    ['0Mi', '0'],
  ])('%s is %s', (given, wanted) => {
    expect(canonicalQuantity(given)).toBe(wanted);
    expect(parseQuantity(given).toString()).toBe(wanted);
  });
});

test.each(['', 'x', '1Kb', '1e', '1.2.3', '--1', '1 Gi', '1e1.5', '.', '1e999999999'])('%s is no quantity', (text) => {
  expect(() => parseQuantity(text)).toThrow(QuantityError);
});

test('units round away from zero', () => {
  expect(parseQuantity('1m').value()).toBe(1);
  expect(parseQuantity('-1m').value()).toBe(-1);
  expect(parseQuantity('1u').milliValue()).toBe(1);
  expect(parseQuantity('1.0000001').roundUp(-3).toString()).toBe('1001m');
});

const quantity = fc
  .tuple(fc.integer({ min: -999_999, max: 999_999 }), fc.constantFrom('n', 'u', 'm', '', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'E-2'))
  .map(([n, suffix]) => `${n}${suffix}`);

test('the canonical form keeps the value and is its own canonical form', () => {
  fc.assert(
    fc.property(quantity, (text) => {
      const canonical = canonicalQuantity(text);
      expect(compareQuantities(text, canonical)).toBe(0);
      expect(canonicalQuantity(canonical)).toBe(canonical);
    }),
  );
});

test('sums are exact, commutative and undone by differences', () => {
  fc.assert(
    fc.property(quantity, quantity, (a, b) => {
      const [x, y] = [parseQuantity(a), parseQuantity(b)];
      expect(x.add(y).compare(y.add(x))).toBe(0);
      expect(x.add(y).sub(y).compare(x)).toBe(0);
      expect(Math.sign(x.compare(y))).toBe(Math.sign(x.sub(y).sign()));
    }),
  );
});

test('whole numbers survive', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (n) => {
      expect(parseQuantity(Quantity.of(n).toString()).value()).toBe(n || 0);
    }),
  );
});
