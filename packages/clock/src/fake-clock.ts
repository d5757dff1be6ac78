// Simulated time: it stands still until a test or a simulation moves it, and runs what is due in order.
import type { CancelTimer, Clock } from './clock.ts';
import { Turns } from './turns.ts';

interface Scheduled {
  readonly fn: () => void;
  cancelled: boolean;
}

/** What is due at one instant, in the order it was set. */
interface Instant {
  readonly timers: Scheduled[];
  /** The first that has yet to run. */
  next: number;
}

/** Rounds of the event loop that count as quiet; promise chains between components settle within one each. */
const QUIET_ROUNDS = 3;

/** Options of a simulated clock. */
export interface FakeClockOptions {
  /**
   * Nothing but promises is between the components: after each instant they are run until none is left, and no input or output of the
   * machine is waited for. Default false: three turns of the event loop pass after each instant.
   */
  readonly promisesOnly?: boolean;
}

/** A clock that only moves when told to. Timers due at the same instant run in the order they were set. */
export class FakeClock implements Clock {
  #nowMs: number;
  /** The instants at which something is due, in milliseconds, as a heap. Of a hundred nodes that beat together there is one. */
  readonly #heap: number[] = [];
  readonly #instants = new Map<number, Instant>();
  readonly #settle: () => Promise<void>;

  /** Starts at 2026-01-01T00:00:00Z unless told otherwise. */
  constructor(startMs: number = Date.UTC(2026, 0, 1), { promisesOnly = false }: FakeClockOptions = {}) {
    this.#nowMs = startMs;
    const turns = new Turns();
    this.#settle = promisesOnly ? () => turns.next() : settle;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, fn: () => void): CancelTimer {
    const dueMs = this.#nowMs + Math.max(delayMs, 0);
    const timer: Scheduled = { fn, cancelled: false };
    const instant = this.#instants.get(dueMs);
    if (instant) instant.timers.push(timer);
    else {
      this.#instants.set(dueMs, { timers: [timer], next: 0 });
      push(this.#heap, dueMs);
    }
    return () => {
      timer.cancelled = true;
    };
  }

  /** The time of the next timer, or undefined when nothing is scheduled. */
  nextDue(): number | undefined {
    for (let dueMs = this.#heap[0]; dueMs !== undefined; dueMs = this.#heap[0]) {
      if (this.#waiting(this.#instants.get(dueMs))) return dueMs;
      this.#instants.delete(dueMs);
      pop(this.#heap);
    }
    return undefined;
  }

  /** Moves time forward by `ms`, running every timer that falls due, each followed by the work it sets off. */
  async advance(ms: number): Promise<void> {
    const target = this.#nowMs + ms;
    await this.#settle();
    for (;;) {
      const due = this.nextDue();
      if (due === undefined || due > target) break;
      await this.#step(due);
    }
    this.#nowMs = target;
  }

  /** Runs timers, in order, until `done` holds; throws when `limitMs` of simulated time pass first (default one hour). */
  async runUntil(done: () => boolean, limitMs = 3_600_000): Promise<void> {
    const end = this.#nowMs + limitMs;
    await this.#settle();
    while (!done()) {
      const due = this.nextDue();
      if (due === undefined || due > end) throw new Error(`simulated time ran out after ${limitMs} ms without the awaited state`);
      await this.#step(due);
    }
  }

  /** Runs everything that is due at one instant, and what that sets off. */
  async #step(dueMs: number): Promise<void> {
    this.#nowMs = Math.max(this.#nowMs, dueMs);
    const instant = this.#instants.get(dueMs);
    // What is set for the same instant meanwhile joins it.
    for (let timer = this.#waiting(instant); instant && timer; timer = this.#waiting(instant)) {
      instant.next++;
      timer.fn();
    }
    await this.#settle();
  }

  /** The next timer of the instant that is not cancelled. */
  #waiting(instant: Instant | undefined): Scheduled | undefined {
    if (!instant) return undefined;
    while (instant.timers[instant.next]?.cancelled) instant.next++;
    return instant.timers[instant.next];
  }
}

/** Lets promise chains and in-process messages run until the event loop is quiet. */
export async function settle(): Promise<void> {
  for (let round = 0; round < QUIET_ROUNDS; round++) await new Promise<void>((resolve) => setImmediate(resolve));
}

function push(heap: number[], value: number): void {
  heap.push(value);
  let i = heap.length - 1;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (heap[parent]! <= heap[i]!) break;
    [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
    i = parent;
  }
}

/** Takes the least out. */
function pop(heap: number[]): void {
  const last = heap.pop();
  if (heap.length === 0 || last === undefined) return;
  heap[0] = last;
  let i = 0;
  for (;;) {
    const left = 2 * i + 1;
    const right = left + 1;
    let least = i;
    if (left < heap.length && heap[left]! < heap[least]!) least = left;
    if (right < heap.length && heap[right]! < heap[least]!) least = right;
    if (least === i) return;
    [heap[i], heap[least]] = [heap[least]!, heap[i]!];
    i = least;
  }
}
