// An expression whose names and types are known, ready to be computed for row after row.
import type { Clock, Random } from '@holdfast/clock';
import type { Datum } from '../values/datum.ts';
import type { SqlType } from '../values/types.ts';

/** What an expression may ask besides the row: fixed for a transaction, so that now() is one time. */
export interface SessionValues {
  readonly clock: Clock;
  readonly random: Random;
  readonly user: string;
  readonly database: string;
  /** Microseconds since 1970 when the transaction began. */
  readonly transactionMicros: bigint;
  /** A new number that no other node makes. */
  readonly uniqueId: () => bigint;
}

export interface Env {
  readonly row: readonly Datum[];
  readonly params: readonly Datum[];
  readonly session: SessionValues;
  /** Results of the aggregates, where rows are grouped. */
  readonly aggregates?: readonly Datum[];
  /** The row that an INSERT could not add, for ON CONFLICT. */
  readonly excluded?: readonly Datum[];
}

export interface Bound {
  readonly type: SqlType;
  readonly evaluate: (env: Env) => Datum;
}

export function constant(value: Datum, type: SqlType): Bound {
  return { type, evaluate: () => value };
}
