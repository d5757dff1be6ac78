// A statement that is ready to run: its names and types are known, its placeholders have types.
import type { SessionValues } from '../expr/bound.ts';
import type { Parameters } from '../expr/scope.ts';
import type { ResultColumn, StatementResult } from '../session.ts';
import type { Transaction } from '../state/transaction.ts';
import type { Datum } from '../values/datum.ts';

/** What planning needs to know. */
export interface PlanContext {
  readonly transaction: Transaction;
  /** The current database. */
  readonly database: string;
  readonly params: Parameters;
}

export interface RunContext {
  readonly transaction: Transaction;
  readonly params: readonly Datum[];
  readonly session: SessionValues;
}

export interface Plan {
  readonly columns?: readonly ResultColumn[];
  readonly run: (context: RunContext) => StatementResult;
}
