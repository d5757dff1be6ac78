// Reads a type's name, as in CREATE TABLE and casts.
import { SqlError } from '../errors.ts';
import { type SqlType, typeByName } from '../values/types.ts';
import type { Cursor } from './cursor.ts';

const SERIALS: Readonly<Record<string, SqlType>> = {
  serial: { kind: 'int' },
  serial8: { kind: 'int' },
  bigserial: { kind: 'int' },
  serial4: { kind: 'int' },
  serial2: { kind: 'int' },
  smallserial: { kind: 'int' },
};

/** SERIAL types are integers of 64 bits with a default, as CockroachDB makes them; undefined where no such name follows. */
export function parseSerial(cursor: Cursor): SqlType | undefined {
  const { kind, text } = cursor.token;
  if (kind !== 'word' || !Object.hasOwn(SERIALS, text)) return undefined;
  cursor.next();
  return SERIALS[text];
}

export function parseType(cursor: Cursor): SqlType {
  const start = cursor.token;
  if (start.kind !== 'word' && start.kind !== 'name') throw cursor.syntaxError();
  let name = cursor.next().text;
  if (name === 'double') {
    cursor.expectWord('precision');
    name = 'double precision';
  } else if (name === 'character' && cursor.word('varying')) name = 'character varying';
  const found = typeByName(name);
  if (!found) throw new SqlError('42704', `type "${name}" does not exist`);
  const type = withArguments(cursor, name, found);
  if (type.kind === 'timestamp' && cursor.word('with', 'time', 'zone')) return { kind: 'timestamptz' };
  if (type.kind === 'timestamp') cursor.word('without', 'time', 'zone');
  if (cursor.isOp('[')) throw cursor.unsupported('an array type');
  return type;
}

function withArguments(cursor: Cursor, name: string, type: SqlType): SqlType {
  if (!cursor.isOp('(')) return type;
  const [first = 0, second] = cursor.parenthesized(() => cursor.list(() => wholeNumber(cursor)));
  switch (type.kind) {
    case 'string':
      if (first < 1) throw new SqlError('22023', `length for type ${name} must be at least 1`);
      return { kind: 'string', length: first };
    case 'decimal':
      if (first < 1 || (second ?? 0) > first)
        throw new SqlError('22023', `scale (${second ?? 0}) must be between 0 and precision (${first})`);
      return { kind: 'decimal', precision: first, scale: second ?? 0 };
    case 'float':
      if (first < 1 || first > 53) throw new SqlError('22023', 'precision for type float must be between 1 and 53 bits');
      return first <= 24 ? { kind: 'float', bits: 32 } : type;
    case 'timestamp':
    case 'timestamptz':
      if (first !== 6) throw cursor.unsupported(`${name} of a precision other than 6`);
      return type;
    default:
      throw cursor.syntaxError();
  }
}

function wholeNumber(cursor: Cursor): number {
  const { kind, text } = cursor.token;
  if (kind !== 'number' || !/^\d{1,6}$/.test(text)) throw cursor.syntaxError();
  cursor.next();
  return Number(text);
}
