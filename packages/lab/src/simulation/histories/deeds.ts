// What the user of a history has done and what is broken: the reasons for which the cluster may do what it does.

/** A stretch of time in which a program's view of the cluster may be old. */
interface Disturbance {
  readonly program: string;
  readonly sinceMs: number;
  untilMs: number;
}

/** Caches catch up within this time after a fault: watches and requests are tried again with growing pauses. */
const CATCH_UP_MS = 90_000;

/** What is broken here is broken for every controller that is not apart; which ones those are does not matter to what may be. */
const REACH_ALL: ReadonlySet<string> = new Set(['api', 'controllers']);

export class Deeds {
  /** What the user deleted, alone or with its namespace, by uid. */
  readonly deleted = new Set<string>();
  /** Pods whose eviction the user asked for, by uid; those that were refused are taken out again. */
  readonly evicted = new Set<string>();
  /** Volumes that the user released for a new claim. */
  readonly released = new Set<string>();
  readonly #disturbances = new Set<Disturbance>();

  /** A program may see old things from now on ('api': all of them may). Returns the end of it. */
  disturb(program: string, nowMs: number): (endMs: number) => void {
    const disturbance: Disturbance = { program, sinceMs: nowMs, untilMs: Number.POSITIVE_INFINITY };
    this.#disturbances.add(disturbance);
    return (endMs) => {
      disturbance.untilMs = endMs + CATCH_UP_MS;
    };
  }

  /** Whether every program has had the time to see the cluster as it is. */
  seenByAll(nowMs: number): boolean {
    return [...this.#disturbances].every(({ untilMs }) => untilMs < nowMs);
  }

  /** The oldest moment whose state these controllers may still act on: now, unless something is or was just broken. */
  viewSince(nowMs: number, ...accounts: readonly string[]): number {
    let since = nowMs;
    for (const disturbance of this.#disturbances) {
      if (disturbance.untilMs < nowMs) this.#disturbances.delete(disturbance);
      else if (REACH_ALL.has(disturbance.program) || accounts.includes(disturbance.program)) since = Math.min(since, disturbance.sinceMs);
    }
    return since;
  }
}
