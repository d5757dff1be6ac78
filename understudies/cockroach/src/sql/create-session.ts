// One connection: its transaction, its settings, and how a statement comes to its result.
import type { Clock, Random } from '@holdfast/clock';
import { AmbiguousResultError, type Replica, ReplicaUnavailableError } from '../replica.ts';
import { restartTransaction, SqlError, undefinedDatabase } from './errors.ts';
import { type ControlStatement, isControl, planStatement } from './exec/plan-statement.ts';
import type { Plan } from './exec/plan.ts';
import type { SessionValues } from './expr/bound.ts';
import { Parameters } from './expr/scope.ts';
import type { ParsedStatement } from './parse/ast.ts';
import type { Prepared, Session, StatementResult, TogetherResult } from './session.ts';
import { Settings } from './settings.ts';
import type { Database } from './state/database.ts';
import { Transaction } from './state/transaction.ts';
import { TransactionState } from './transaction-state.ts';
import type { Datum } from './values/datum.ts';
import type { SqlType } from './values/types.ts';

export interface SessionOptions {
  readonly database: Database;
  readonly replica: Replica;
  readonly clock: Clock;
  readonly random: Random;
  readonly user: string;
  readonly databaseName: string;
  readonly applicationName?: string;
}

/** A statement by itself is tried again so often when others were faster. */
const MAX_TRIES = 50;

/** Never throws; an unknown database is found out by the first statement that needs it. */
export function createSession(options: SessionOptions): Session {
  return new ReplicaSession(options);
}

class ReplicaSession implements Session {
  readonly #options: SessionOptions;
  readonly #settings: Settings;
  readonly #state = new TransactionState();
  #lastId = 0n;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#settings = new Settings({ database: options.databaseName, application_name: options.applicationName ?? '' });
  }

  get status(): 'I' | 'T' | 'E' {
    return this.#state.status;
  }

  get database(): string {
    return this.#settings.get('database');
  }

  async prepare(statement: ParsedStatement, hints: readonly (SqlType | undefined)[], signal: AbortSignal): Promise<Prepared> {
    const { ast } = statement;
    if (isControl(ast)) return { statement, parameterTypes: [], columns: undefined };
    this.#state.checkUsable();
    await this.#barrier(signal);
    const params = new Parameters(statement.params, hints);
    const { columns } = this.#plan(statement, params, this.#state.transaction ?? new Transaction(this.#options.database));
    return { statement, parameterTypes: params.all, columns };
  }

  async execute({ statement, parameterTypes }: Prepared, parameters: readonly Datum[], signal: AbortSignal): Promise<StatementResult> {
    try {
      if (isControl(statement.ast)) return await this.#control(statement.ast, signal);
      this.#state.checkUsable();
      const run = (transaction: Transaction, began: number): StatementResult =>
        this.#runIn(transaction, began, statement, new Parameters(statement.params, parameterTypes), parameters);
      if (this.#state.transaction) return await this.#inTransaction(run, signal);
      return await this.#untilFirst(signal, (transaction, began) => ({ transaction, outcome: run(transaction, began) }));
    } catch (error) {
      this.fail();
      throw error;
    }
  }

  async executeTogether(statements: readonly ParsedStatement[], signal: AbortSignal): Promise<TogetherResult> {
    this.#state.checkUsable();
    return this.#untilFirst<TogetherResult>(signal, (transaction, began) => {
      const results: StatementResult[] = [];
      for (const statement of statements) {
        try {
          results.push(this.#runIn(transaction, began, statement, new Parameters(0, []), []));
        } catch (error) {
          return { transaction: undefined, outcome: { results, error } };
        }
      }
      return { transaction, outcome: { results } };
    });
  }

  fail(): void {
    this.#state.fail();
  }

  close(): void {
    this.#state.end();
  }

  #plan(statement: ParsedStatement, params: Parameters, transaction: Transaction): Plan {
    return planStatement(statement.ast, { transaction, database: this.database, params }, this.#shownSettings);
  }

  get #shownSettings(): ReadonlyMap<string, string> {
    return new Map([...this.#settings.all, ['transaction_status', { I: 'NoTxn', T: 'Open', E: 'Aborted' }[this.status]]]);
  }

  #runIn(
    transaction: Transaction,
    began: number,
    statement: ParsedStatement,
    types: Parameters,
    params: readonly Datum[],
  ): StatementResult {
    const plan = this.#plan(statement, types, transaction);
    const result = plan.run({ transaction, params, session: this.#values(began) });
    return plan.columns ? { ...result, columns: plan.columns } : result;
  }

  /** Work that is a transaction of its own: done again until nobody was faster. Without a transaction in its answer there is nothing to commit. */
  async #untilFirst<T>(
    signal: AbortSignal,
    work: (transaction: Transaction, began: number) => { readonly transaction: Transaction | undefined; readonly outcome: T },
  ): Promise<T> {
    const { database, clock } = this.#options;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      await this.#barrier(signal);
      const { transaction, outcome } = work(new Transaction(database), clock.now());
      if (!transaction?.writes || (await this.#commit(transaction, signal))) return outcome;
    }
    throw restartTransaction(`the statement met others ${MAX_TRIES} times`);
  }

  async #inTransaction(run: (transaction: Transaction, began: number) => StatementResult, signal: AbortSignal): Promise<StatementResult> {
    const open = this.#state.open;
    await this.#barrier(signal);
    if (!open.transaction.valid) throw restartTransaction('RETRY_SERIALIZABLE - what it has read was changed by another transaction');
    const undo = open.transaction.savepoint();
    try {
      const result = run(open.transaction, open.beganMs);
      if (open.readOnly && open.transaction.writes)
        throw new SqlError('25006', 'cannot execute a writing statement in a read-only transaction');
      return result;
    } catch (error) {
      // A statement that fails leaves nothing behind.
      undo();
      throw error;
    }
  }

  /** False: others have changed what the transaction has seen. */
  async #commit(transaction: Transaction, signal: AbortSignal): Promise<boolean> {
    try {
      return (await this.#options.replica.propose(transaction.command(), signal)) === 'committed';
    } catch (error) {
      throw asSqlError(error);
    }
  }

  async #barrier(signal: AbortSignal): Promise<void> {
    try {
      await this.#options.replica.readBarrier(signal);
    } catch (error) {
      throw asSqlError(error);
    }
  }

  async #control(statement: ControlStatement, signal: AbortSignal): Promise<StatementResult> {
    const { clock, database } = this.#options;
    switch (statement.kind) {
      case 'begin':
        return this.#state.begin(new Transaction(database), clock.now(), statement.readOnly);
      case 'commit': {
        const open = this.#state.finish();
        if (open === 'failed') return { tag: 'ROLLBACK' };
        if (open) await this.#commitOpen(open, signal);
        return { tag: 'COMMIT', ...(open ? {} : { notices: ['there is no transaction in progress'] }) };
      }
      case 'rollback':
        return { tag: 'ROLLBACK', ...(this.#state.end() ? {} : { notices: ['there is no transaction in progress'] }) };
      case 'savepoint':
        return this.#state.savepoint(statement.name);
      case 'release':
        return this.#state.release(statement.name);
      case 'rollbackTo':
        return this.#state.rollbackTo(statement.name);
      case 'set':
        return this.#set(statement, signal);
      case 'discard':
        if (this.#state.status !== 'I') throw new SqlError('25001', 'DISCARD ALL cannot run inside a transaction block');
        this.#settings.reset();
        return { tag: 'DISCARD ALL' };
      case 'deallocate':
        return { tag: statement.name === undefined ? 'DEALLOCATE ALL' : 'DEALLOCATE' };
    }
  }

  async #set({ scope, name, value, tag }: Extract<ControlStatement, { kind: 'set' }>, signal: AbortSignal): Promise<StatementResult> {
    this.#state.checkUsable();
    if (scope === 'cluster') throw new SqlError('42501', `cluster setting "${name}" cannot be changed on this understudy of CockroachDB`);
    if (name.toLowerCase() === 'database' && value !== undefined) {
      await this.#barrier(signal);
      if (!(this.#state.transaction ?? this.#options.database).catalog.databases.includes(value)) throw undefinedDatabase(value);
    }
    this.#settings.set(name, value);
    return { tag };
  }

  async #commitOpen({ transaction }: { readonly transaction: Transaction }, signal: AbortSignal): Promise<void> {
    if (transaction.writes) {
      if (await this.#commit(transaction, signal)) return;
    } else {
      await this.#barrier(signal);
      if (transaction.valid) return;
    }
    throw restartTransaction('RETRY_SERIALIZABLE - what it has read was changed by another transaction');
  }

  #values(beganMs: number): SessionValues {
    const { clock, random, user } = this.#options;
    return {
      clock,
      random,
      user,
      database: this.database,
      transactionMicros: BigInt(Math.round(beganMs * 1000)),
      uniqueId: () => this.#uniqueId(),
    };
  }

  /** Grows with time, as CockroachDB's row numbers do; random bits keep nodes and sessions apart. */
  #uniqueId(): bigint {
    const { clock, random } = this.#options;
    const bits = BigInt(random.int(1 << 15));
    const id = (BigInt(clock.now()) << 20n) | (bits << 5n);
    this.#lastId = id > this.#lastId ? id : this.#lastId + 1n;
    return this.#lastId;
  }
}

function asSqlError(error: unknown): unknown {
  if (error instanceof ReplicaUnavailableError) return new SqlError('57P03', error.message, { cause: error });
  if (error instanceof AmbiguousResultError) return new SqlError('40003', error.message, { cause: error });
  return error;
}
