// Where a connection is in its transaction: none, one that is open, or one that failed and waits to be given up.
import { SqlError } from './errors.ts';
import type { StatementResult } from './session.ts';
import type { Transaction } from './state/transaction.ts';

export interface OpenTransaction {
  readonly transaction: Transaction;
  readonly beganMs: number;
  readonly readOnly: boolean;
}

interface Savepoint {
  readonly name: string;
  readonly restore: () => void;
}

export class TransactionState {
  #open: OpenTransaction | undefined;
  #failed = false;
  #savepoints: readonly Savepoint[] = [];

  get status(): 'I' | 'T' | 'E' {
    if (!this.#open) return 'I';
    return this.#failed ? 'E' : 'T';
  }

  get transaction(): Transaction | undefined {
    return this.#open?.transaction;
  }

  /** Throws where there is none. */
  get open(): OpenTransaction {
    if (!this.#open) throw new SqlError('25P01', 'there is no transaction in progress');
    return this.#open;
  }

  /** Throws 25P02 after a failure, until the transaction is given up. */
  checkUsable(): void {
    if (this.#failed) throw new SqlError('25P02', 'current transaction is aborted, commands ignored until end of transaction block');
  }

  begin(transaction: Transaction, beganMs: number, readOnly: boolean): StatementResult {
    this.checkUsable();
    if (this.#open) throw new SqlError('25001', 'there is already a transaction in progress');
    this.#open = { transaction, beganMs, readOnly };
    return { tag: 'BEGIN' };
  }

  /** Ends the transaction to commit it. 'failed': it can only be given up. Undefined: there was none. */
  finish(): OpenTransaction | 'failed' | undefined {
    const open = this.#failed ? 'failed' : this.#open;
    this.end();
    return open;
  }

  /** Whether there was a transaction. */
  end(): boolean {
    const was = this.#open !== undefined;
    this.#open = undefined;
    this.#failed = false;
    this.#savepoints = [];
    return was;
  }

  fail(): void {
    if (this.#open) this.#failed = true;
  }

  savepoint(name: string): StatementResult {
    this.checkUsable();
    this.#savepoints = [...this.#savepoints, { name, restore: this.open.transaction.savepoint() }];
    return { tag: 'SAVEPOINT' };
  }

  release(name: string): StatementResult {
    this.checkUsable();
    this.#savepoints = this.#savepoints.slice(0, this.#position(name));
    return { tag: 'RELEASE' };
  }

  rollbackTo(name: string): StatementResult {
    const position = this.#position(name);
    this.#savepoints[position]!.restore();
    this.#savepoints = this.#savepoints.slice(0, position + 1);
    this.#failed = false;
    return { tag: 'ROLLBACK' };
  }

  #position(name: string): number {
    const position = this.#savepoints.findLastIndex((savepoint) => savepoint.name === name);
    if (position < 0) throw new SqlError('3B001', `savepoint "${name}" does not exist`);
    return position;
  }
}
