// What a transaction asks of the replicated state, as bytes in the log.
import type { Datum } from '../values/datum.ts';
import { isDecimal } from '../values/decimal.ts';
import type { Catalog, Row } from './catalog.ts';

/** What the transaction has seen: if any of it is no longer so, the transaction is not applied. */
export interface Expectations {
  /** The catalogue's version, where the transaction changes it. */
  readonly catalog?: number;
  /** Of each table: the version of its definition, and, where it was scanned, that of its last write. */
  readonly tables: readonly { readonly id: number; readonly definition: number; readonly lastWrite?: number }[];
  /** Rows read by key with the version of their last write, 0 where there was none. */
  readonly rows: readonly { readonly table: number; readonly key: string; readonly version: number }[];
}

/** `row: null` deletes. `fresh`: there must be no row of that key. */
export interface Write {
  readonly table: number;
  readonly key: string;
  readonly row: Row | null;
  readonly fresh?: boolean;
}

/** Applied as a whole or not at all: first the catalogue, then `clear`ed tables, then the writes. */
export interface TransactionCommand {
  readonly expect: Expectations;
  readonly catalog?: Catalog;
  readonly clear: readonly number[];
  readonly writes: readonly Write[];
}

export type Outcome = 'committed' | 'conflict';

export function encodeCommand(command: TransactionCommand): Uint8Array {
  const writes = command.writes.map((write) => ({ ...write, row: write.row && encodeRow(write.row) }));
  return Buffer.from(JSON.stringify({ ...command, writes }));
}

/** Throws on bytes that encodeCommand did not write. */
export function decodeCommand(bytes: Uint8Array): TransactionCommand {
  const command: TransactionCommand & { readonly writes: readonly (Omit<Write, 'row'> & { readonly row: unknown })[] } = JSON.parse(
    Buffer.from(bytes).toString(),
  );
  return { ...command, writes: command.writes.map((write) => ({ ...write, row: write.row === null ? null : decodeRow(write.row) })) };
}

/** JSON has no large integers, bytes, decimals or infinities: these are written as a list with a letter. */
export function encodeRow(row: Row): readonly unknown[] {
  return row.map((value) => {
    if (typeof value === 'bigint') return ['i', value.toString()];
    if (typeof value === 'number') return ['f', Object.is(value, -0) ? '-0' : String(value)];
    if (value instanceof Uint8Array) return ['b', Buffer.from(value).toString('base64')];
    if (isDecimal(value)) return ['d', value.unscaled.toString(), value.scale];
    return value;
  });
}

/** Throws where the value is no row. */
export function decodeRow(value: unknown): Row {
  if (!Array.isArray(value)) throw new Error('a stored row is no list');
  return value.map(decodeDatum);
}

function decodeDatum(value: unknown): Datum {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) {
    const [letter, text, scale] = value;
    if (letter === 'i') return BigInt(text);
    if (letter === 'f') return Number(text);
    if (letter === 'b') return new Uint8Array(Buffer.from(text, 'base64'));
    if (letter === 'd') return { unscaled: BigInt(text), scale };
  }
  throw new Error('a stored value is none');
}
