// The messages that a server sends (PostgreSQL documentation, chapter "Frontend/Backend Protocol", protocol 3.0).
import { SqlError } from '../sql/errors.ts';
import type { ResultColumn } from '../sql/session.ts';
import { cstring, int16, int32 } from './bytes.ts';
import { type SqlType, typeOid, typeSize } from '../sql/values/types.ts';

/** 0 text, 1 binary. */
export type FormatCode = 0 | 1;

export type TransactionStatus = 'I' | 'T' | 'E';

/** A message: its type's letter, its length, its parts. */
function message(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(length, 1);
  return Buffer.concat([head, ...parts]);
}

export const AUTHENTICATION_OK = message('R', int32(0));
export const PARSE_COMPLETE = message('1');
export const BIND_COMPLETE = message('2');
export const CLOSE_COMPLETE = message('3');
export const NO_DATA = message('n');
export const PORTAL_SUSPENDED = message('s');
export const EMPTY_QUERY = message('I');

export function parameterStatus(name: string, value: string): Uint8Array {
  return message('S', cstring(name), cstring(value));
}

export function backendKeyData(processId: number, secret: number): Uint8Array {
  return message('K', int32(processId), int32(secret));
}

/** 3.0 as one number. */
const PROTOCOL_VERSION = 196_608;

/** A newer minor protocol or options that start with `_pq_.` were asked for. */
export function negotiateProtocolVersion(options: readonly string[]): Uint8Array {
  return message('v', int32(PROTOCOL_VERSION), int32(options.length), ...options.map(cstring));
}

export function readyForQuery(status: TransactionStatus): Uint8Array {
  return message('Z', Buffer.from(status));
}

export function commandComplete(tag: string): Uint8Array {
  return message('C', cstring(tag));
}

export function parameterDescription(types: readonly SqlType[]): Uint8Array {
  return message('t', int16(types.length), ...types.map((type) => int32(typeOid(type))));
}

export function rowDescription(columns: readonly ResultColumn[], format: (column: number) => FormatCode): Uint8Array {
  const fields = columns.map(({ name, type }, index) =>
    Buffer.concat([cstring(name), int32(0), int16(0), int32(typeOid(type)), int16(typeSize(type)), int32(-1), int16(format(index))]),
  );
  return message('T', int16(columns.length), ...fields);
}

/** `null` is NULL. */
export function dataRow(values: readonly (Uint8Array | null)[]): Uint8Array {
  return message('D', int16(values.length), ...values.flatMap((value) => (value ? [int32(value.length), value] : [int32(-1)])));
}

export function errorResponse(severity: 'ERROR' | 'FATAL', error: SqlError): Uint8Array {
  return message('E', ...noticeFields(severity, error.code, error.message, error));
}

export function noticeResponse(text: string): Uint8Array {
  return message('N', ...noticeFields('NOTICE', '00000', text, {}));
}

function noticeFields(
  severity: string,
  code: string,
  text: string,
  { detail, hint, constraint }: Partial<Pick<SqlError, 'detail' | 'hint' | 'constraint'>>,
): readonly Uint8Array[] {
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['S', severity],
    ['V', severity],
    ['C', code],
    ['M', text],
    ['D', detail],
    ['H', hint],
    ['n', constraint],
  ];
  return [...fields.flatMap(([type, value]) => (value === undefined ? [] : [Buffer.from(type), cstring(value)])), Buffer.from([0])];
}

/** What a client is told of an error; ours and unforeseen ones alike. */
export function asSqlError(error: unknown): SqlError {
  if (error instanceof SqlError) return error;
  return new SqlError('XX000', `internal error: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
