// Decimal numbers in PostgreSQL's binary form: digits of ten thousand, the weight of the first one, a sign and a scale.
import { SqlError } from '../errors.ts';
import type { Decimal } from './datum.ts';

const BASE = 10_000n;
const NEGATIVE = 0x4000;

export function encodeNumeric({ unscaled, scale }: Decimal): Uint8Array {
  // Whole digits of the base stand behind the point.
  const padding = (4 - (scale % 4)) % 4;
  let rest = (unscaled < 0n ? -unscaled : unscaled) * 10n ** BigInt(padding);
  const digits: number[] = [];
  for (; rest > 0n; rest /= BASE) digits.unshift(Number(rest % BASE));
  const weight = digits.length - (scale + padding) / 4 - 1;
  while (digits.at(-1) === 0) digits.pop();
  const bytes = Buffer.alloc(8 + digits.length * 2);
  bytes.writeInt16BE(digits.length, 0);
  bytes.writeInt16BE(digits.length === 0 ? 0 : weight, 2);
  bytes.writeUInt16BE(unscaled < 0n ? NEGATIVE : 0, 4);
  bytes.writeInt16BE(scale, 6);
  for (const [index, digit] of digits.entries()) bytes.writeInt16BE(digit, 8 + index * 2);
  return bytes;
}

/** Throws 22P03. */
export function decodeNumeric(bytes: Buffer): Decimal {
  if (bytes.length < 8 || bytes.length !== 8 + bytes.readUInt16BE(0) * 2) throw wrong(bytes.length);
  const count = bytes.readUInt16BE(0);
  const weight = bytes.readInt16BE(2);
  const sign = bytes.readUInt16BE(4);
  const scale = bytes.readUInt16BE(6);
  if ((sign !== 0 && sign !== NEGATIVE) || scale > 16_383 || Math.abs(weight) > 4_096) throw wrong(bytes.length);
  let unscaled = 0n;
  for (let index = 0; index < count; index++) {
    const digit = bytes.readUInt16BE(8 + index * 2);
    if (digit >= BASE) throw wrong(bytes.length);
    unscaled = unscaled * BASE + BigInt(digit);
  }
  // The value is unscaled * 10000^(weight + 1 - count).
  const exponent = 4 * (weight + 1 - count) + scale;
  const value = exponent >= 0 ? unscaled * 10n ** BigInt(exponent) : unscaled / 10n ** BigInt(-exponent);
  return { unscaled: sign === NEGATIVE ? -value : value, scale };
}

function wrong(length: number): SqlError {
  return new SqlError('22P03', `incorrect binary data format for decimal: ${length} bytes`);
}
