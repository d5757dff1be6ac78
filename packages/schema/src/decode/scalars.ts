// Strings, numbers, booleans and base64.
import type { TypeNode } from '../type-table.ts';
import type { Decode } from './decoding.ts';
import { DecodeError, goTypeOf, typeMismatch } from './decoding.ts';

const INT32_MAX = 0x7fff_ffff;
const INT64_MAX = 2 ** 63;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The decoder of a scalar. */
export function scalarDecoder(node: TypeNode): Decode {
  if (node.format === 'byte') return decodeBase64;
  switch (node.t) {
    case 'string':
      return decodeString;
    case 'boolean':
      return decodeBoolean;
    case 'integer':
      return node.format === 'int32' ? integerDecoder(INT32_MAX, goTypeOf(node)) : integerDecoder(INT64_MAX, goTypeOf(node));
    case 'number':
      return decodeNumber;
    default:
      return (value) => value;
  }
}

/** What an unset scalar that is no pointer holds. Bytes are nil, not empty. */
export function scalarZero(node: TypeNode): unknown {
  if (node.format === 'byte') return null;
  switch (node.t) {
    case 'string':
      return '';
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return 0;
    default:
      return null;
  }
}

const decodeString: Decode = (value, at) => {
  if (typeof value === 'string') return value;
  throw typeMismatch(value, 'string', at);
};

const decodeBoolean: Decode = (value, at) => {
  if (typeof value === 'boolean') return value;
  throw typeMismatch(value, 'bool', at);
};

const decodeNumber: Decode = (value, at) => {
  if (typeof value === 'number') return value;
  throw typeMismatch(value, 'float64', at);
};

function integerDecoder(max: number, goType: string): Decode {
  return (value, at) => {
    if (typeof value === 'number' && Number.isInteger(value) && value <= max && value >= -max - 1) return value;
    throw typeMismatch(value, goType, at);
  };
}

const decodeBase64: Decode = (value, at) => {
  if (typeof value !== 'string') throw typeMismatch(value, '[]uint8', at);
  if (BASE64.test(value)) return value;
  const bare = value.replace(/[\r\n]/g, '');
  if (BASE64.test(bare)) return bare;
  throw new DecodeError(`illegal base64 data at input byte ${firstBadByte(value)}`);
};

function firstBadByte(value: string): number {
  const bad = value.search(/[^A-Za-z0-9+/\r\n]/);
  return bad < 0 ? value.length - (value.length % 4) : bad;
}
