import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SqlError } from '../errors.ts';
import { fromBinary, toBinary } from './binary.ts';
import { compareDatums, keyOf } from './compare.ts';
import type { Datum } from './datum.ts';
import { formatText, parseText } from './format.ts';
import { BOOL, BYTES, DATE, DECIMAL, FLOAT, INT, JSONB, type SqlType, STRING, TIMESTAMP, TIMESTAMPTZ, UUID } from './types.ts';

const micros = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n });
const VALUES: readonly (readonly [SqlType, fc.Arbitrary<Datum>])[] = [
  [BOOL, fc.boolean()],
  [INT, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [{ kind: 'int', bits: 16 }, fc.bigInt({ min: -32_768n, max: 32_767n })],
  [{ kind: 'int', bits: 32 }, fc.bigInt({ min: -(2n ** 31n), max: 2n ** 31n - 1n })],
  [FLOAT, fc.double()],
  [{ kind: 'float', bits: 32 }, fc.float()],
  [DECIMAL, fc.record({ unscaled: fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), scale: fc.integer({ min: 0, max: 30 }) })],
  [STRING, fc.string({ unit: 'grapheme' })],
  [UUID, fc.uuid()],
  [TIMESTAMP, micros],
  [TIMESTAMPTZ, micros],
  [DATE, fc.bigInt({ min: -719_162n, max: 2_932_896n })],
  [BYTES, fc.uint8Array()],
  [JSONB, fc.json().map((text) => parseText(text, JSONB))],
];

describe.each(VALUES)('a value of type $kind', (type, values) => {
  it('is the same after it was written as text and read', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(parseText(formatText(value, type), type)).toEqual(value);
      }),
    );
  });

  it('is the same after it was written in binary and read', () => {
    fc.assert(
      fc.property(values, (value) => {
        const back = fromBinary(Buffer.from(toBinary(value, type)), type);
        expect(formatText(back, type)).toBe(formatText(value, type));
      }),
    );
  });

  it('is read from any bytes, or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const refusal = refusalOf(() => fromBinary(bytes, type));
        expect(refusal === undefined || refusal instanceof SqlError).toBe(true);
      }),
    );
  });

  it('has a place in one order, and a key that tells it from others', () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        expect(Math.sign(compareDatums(a, b))).toBe(-Math.sign(compareDatums(b, a)) + 0);
        expect(compareDatums(a, b) === 0).toBe(keyOf([a]) === keyOf([b]));
        const inOrder = compareDatums(a, b) <= 0 && compareDatums(b, c) <= 0;
        expect(inOrder && compareDatums(a, c) > 0).toBe(false);
      }),
    );
  });
});

describe('text that is no value', () => {
  it.each([
    [INT, 'abc', 'could not parse "abc" as type int'],
    [INT, '9223372036854775808', 'integer out of range'],
    [{ kind: 'int', bits: 16 } as const, '70000', 'integer out of range for type int2'],
    [UUID, '123', 'could not parse "123" as type uuid'],
    [TIMESTAMP, '2024-02-30', 'could not parse "2024-02-30" as type timestamp'],
    [{ kind: 'string', length: 3 } as const, 'four', 'value too long for type VARCHAR(3)'],
    [
      { kind: 'decimal', precision: 4, scale: 2 } as const,
      '123.4',
      'value with precision 4, scale 2 must round to an absolute value less than 10^2',
    ],
  ])('is refused: %j %s', (type, text, message) => {
    expect(() => parseText(text, type)).toThrow(message);
  });
});

function refusalOf(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}
