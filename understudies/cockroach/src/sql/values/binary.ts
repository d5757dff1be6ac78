// Values in PostgreSQL's binary form.
import { SqlError } from '../errors.ts';
import type { Datum } from './datum.ts';
import { isDecimal } from './decimal.ts';
import { fitFloat, fitInt, fitString, formatText, parseText, uuidText } from './format.ts';
import { decodeNumeric, encodeNumeric } from './numeric.ts';
import { familyName, type SqlType, typeSize } from './types.ts';

/** Microseconds and days from 1970 to 2000, from which PostgreSQL counts. */
const EPOCH_MICROS = 946_684_800_000_000n;
const EPOCH_DAYS = 10_957n;

/** A value that is not NULL. */
export function toBinary(value: Datum, type: SqlType): Uint8Array {
  const bytes = Buffer.alloc(Math.max(0, typeSize(type)));
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0);
  if (typeof value === 'number') {
    if (type.bits === 32) bytes.writeFloatBE(value);
    else bytes.writeDoubleBE(value);
    return bytes;
  }
  if (typeof value === 'bigint') {
    if (type.kind === 'date') bytes.writeInt32BE(Number(value - EPOCH_DAYS));
    else if (type.kind !== 'int') bytes.writeBigInt64BE(value - EPOCH_MICROS);
    else if (type.bits === 16) bytes.writeInt16BE(Number(value));
    else if (type.bits === 32) bytes.writeInt32BE(Number(value));
    else bytes.writeBigInt64BE(value);
    return bytes;
  }
  if (value instanceof Uint8Array) return value;
  if (isDecimal(value)) return encodeNumeric(value);
  const text = formatText(value, type);
  if (type.kind === 'uuid') return Buffer.from(text.replaceAll('-', ''), 'hex');
  // The first byte is the version of jsonb's form.
  return type.kind === 'jsonb' ? Buffer.concat([Uint8Array.of(1), Buffer.from(text)]) : Buffer.from(text);
}

/** Throws 22P03 where the bytes are no value of that type. */
export function fromBinary(bytes: Uint8Array, type: SqlType): Datum {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = typeSize(type);
  // Clients send integers in the width that they like.
  const width = type.kind === 'int' && [2, 4, 8].includes(view.length) ? view.length : size;
  if (width >= 0 && view.length !== width) throw wrong(type, view.length);
  switch (type.kind) {
    case 'bool':
      return view[0] !== 0;
    case 'int':
      return fitInt(width === 2 ? BigInt(view.readInt16BE()) : width === 4 ? BigInt(view.readInt32BE()) : view.readBigInt64BE(), type);
    case 'float':
      return fitFloat(type.bits === 32 ? view.readFloatBE() : view.readDoubleBE(), type);
    case 'decimal':
      return decodeNumeric(view);
    case 'timestamp':
    case 'timestamptz':
      return view.readBigInt64BE() + EPOCH_MICROS;
    case 'date':
      return BigInt(view.readInt32BE()) + EPOCH_DAYS;
    case 'uuid':
      return uuidText(view);
    case 'bytes':
      return new Uint8Array(view);
    case 'jsonb':
      if (view[0] !== 1) throw wrong(type, view.length);
      return parseText(view.subarray(1).toString(), type);
    case 'string':
    case 'unknown':
      return fitString(view.toString(), type);
    case 'interval':
      return parseText(view.toString(), type);
  }
}

function wrong(type: SqlType, length: number): SqlError {
  return new SqlError('22P03', `incorrect binary data format for ${familyName(type)}: ${length} bytes`);
}
