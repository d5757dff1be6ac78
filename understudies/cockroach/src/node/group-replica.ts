// How SQL sessions reach the group from any node: the leader's log is written to where it is, and tried again where that is safe.
import { type Clock, type Random, uuid } from '@holdfast/clock';
import { withLimit, withSignal } from '../limits.ts';
import { AmbiguousResultError, type Replica, ReplicaUnavailableError } from '../replica.ts';
import { type Call, Refusal, Unreachable } from '../rpc/call.ts';

import type { Fate, LogPosition, RaftDriver } from './raft-driver.ts';
import { type Command, encodeCommand } from './replicated-state.ts';

/** So long a statement waits for a leader, or for its entry to be committed. Clients usually wait longer. */
const LIMIT_MS = 4_000;
/** The leader is asked again after so long where nothing told that it changed. */
const RETRY_MS = 100;

export interface GroupReplicaOptions {
  readonly driver: RaftDriver;
  readonly clock: Clock;
  readonly random: Random;
  /** Asks another node; rejects with Refusal, Unreachable, or another error where it is not known what happened. */
  readonly call: (nodeId: number, call: Omit<Call, 'bytes'> & { readonly bytes?: Uint8Array }, signal: AbortSignal) => Promise<unknown>;
  /** Which nodes do not answer, in a sentence. */
  readonly describe: () => string;
}

/** Whoever this node asked does not lead, or cannot be reached: nothing has happened. */
class TryAgain extends Error {}
class LimitReached extends Error {}

export class GroupReplica implements Replica {
  readonly #options: GroupReplicaOptions;
  #barrier: Promise<void> | undefined;
  #nextBarrier: Promise<void> | undefined;
  #leaderChanged: (() => void)[] = [];

  constructor(options: GroupReplicaOptions) {
    this.#options = options;
  }

  /** Wakes what waits for a leader. */
  leaderChanged(): void {
    const waiting = this.#leaderChanged;
    this.#leaderChanged = [];
    for (const wake of waiting) wake();
  }

  propose(bytes: Uint8Array, signal?: AbortSignal): Promise<unknown> {
    return this.proposeCommand((id) => ({ id, kind: 'database', bytes }), signal);
  }

  /** Commits the command, made with a new name for each try, and resolves with its outcome. */
  proposeCommand(make: (id: string) => Command, signal?: AbortSignal): Promise<unknown> {
    return this.#within(signal, async (limit) => {
      for (;;) {
        try {
          return await this.#tryToPropose(make, limit);
        } catch (error) {
          if (!(error instanceof TryAgain)) throw error;
          await this.#pause(limit);
        }
      }
    });
  }

  readBarrier(signal?: AbortSignal): Promise<void> {
    // A barrier that has begun may have been asked before what this read must see: it shares the next one.
    if (!this.#barrier) {
      this.#barrier = this.#runBarrier();
      return shared(this.#barrier, signal);
    }
    this.#nextBarrier ??= this.#barrier.then(
      () => this.#takeNext(),
      () => this.#takeNext(),
    );
    return shared(this.#nextBarrier, signal);
  }

  #takeNext(): Promise<void> {
    this.#nextBarrier = undefined;
    this.#barrier = this.#runBarrier();
    return this.#barrier;
  }

  #runBarrier(): Promise<void> {
    const done = this.#within(undefined, async (limit) => {
      for (;;) {
        try {
          const index = await this.#readIndex(limit);
          await withSignal(this.#options.driver.applied(index), limit);
          return;
        } catch (error) {
          limit.throwIfAborted();
          if (!(error instanceof TryAgain)) throw error;
          await this.#pause(limit);
        }
      }
    });
    const over = (): void => {
      if (this.#barrier === done && !this.#nextBarrier) this.#barrier = undefined;
    };
    done.then(over, over);
    return done;
  }

  async #readIndex(limit: AbortSignal): Promise<number> {
    const { driver, call } = this.#options;
    if (driver.isLeader) {
      const index = driver.readIndex(limit);
      if (!index) throw new TryAgain();
      return index;
    }
    if (driver.leader === 0) throw new TryAgain();
    try {
      return Number(await call(driver.leader, { method: 'read', argument: null }, limit));
    } catch (error) {
      // Reading changes nothing: whatever went wrong, it may be tried again.
      if (limit.aborted) throw error;
      throw new TryAgain();
    }
  }

  async #tryToPropose(make: (id: string) => Command, limit: AbortSignal): Promise<unknown> {
    const { driver, random } = this.#options;
    const id = uuid(random);
    const command = encodeCommand(make(id));
    const pending = driver.fate(id);
    let asked = false;
    try {
      const position = driver.isLeader ? driver.propose(command) : await this.#forward(command, limit, () => (asked = true));
      if (!position) throw new TryAgain();
      asked = true;
      if (position !== 'unknown') pending.at(position);
      return await outcomeOf(withSignal(pending.fate, limit));
    } catch (error) {
      if (asked && error instanceof LimitReached)
        throw new AmbiguousResultError(
          `result is ambiguous: no majority confirmed the write within ${LIMIT_MS / 1000} s (${this.#options.describe()})`,
        );
      throw error;
    } finally {
      pending.forget();
    }
  }

  /** Has the leader put the command into its log. 'unknown': it may or may not have done so. Undefined: surely not. */
  async #forward(command: Uint8Array, limit: AbortSignal, onAsked: () => void): Promise<LogPosition | 'unknown' | undefined> {
    const { driver, call } = this.#options;
    if (driver.leader === 0) return undefined;
    try {
      const value = await call(driver.leader, { method: 'propose', argument: null, bytes: command }, limit);
      return isPosition(value) ? value : 'unknown';
    } catch (error) {
      if (error instanceof Refusal || error instanceof Unreachable) return undefined;
      onAsked();
      if (limit.aborted) throw error;
      return 'unknown';
    }
  }

  /** Until the leader changed, or a little while. */
  async #pause(limit: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let cancel: () => void = () => undefined;
    const woken = new Promise<void>((resolve) => {
      this.#leaderChanged.push(resolve);
      cancel = clock.after(RETRY_MS, resolve);
    });
    try {
      await withSignal(woken, limit);
    } finally {
      cancel();
    }
  }

  async #within<T>(signal: AbortSignal | undefined, work: (limit: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, describe } = this.#options;
    try {
      return await withLimit(clock, LIMIT_MS, () => new LimitReached(), work, signal);
    } catch (error) {
      if (!(error instanceof LimitReached)) throw error;
      throw new ReplicaUnavailableError(`lost quorum: no majority of the nodes can be reached: ${describe()}`, { cause: error });
    }
  }
}

async function outcomeOf(fate: Promise<Fate>): Promise<unknown> {
  const known = await fate;
  if (known === 'displaced') throw new TryAgain();
  if (known === 'unknown')
    throw new AmbiguousResultError('result is ambiguous: this node was too far behind to see what became of the write');
  return known.outcome;
}

function shared(barrier: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  return signal ? withSignal(barrier, signal) : barrier;
}

function isPosition(value: unknown): value is LogPosition {
  return (
    typeof value === 'object' &&
    value !== null &&
    'index' in value &&
    'term' in value &&
    [value.index, value.term].every(Number.isSafeInteger)
  );
}
