// What a controller has asked the server for and its cache has not shown yet (upstream's ControllerExpectations).
import type { Clock } from '@holdfast/clock';

interface Expected {
  readonly creations: number;
  readonly deletions: ReadonlySet<string>;
  readonly anonymousDeletions: number;
  readonly atMs: number;
}

/** Upstream's ExpectationsTimeout: a lost event must not stop a controller for ever. */
const TIMEOUT_MS = 5 * 60_000;

/** Keyed by the controlling object ('namespace/name'). Until satisfied, its controller must not count its children. */
export class Expectations {
  readonly #clock: Clock;
  readonly #expected = new Map<string, Expected>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds to what is awaited; call it before the writes, and creationObserved for every write that failed. */
  expectCreations(key: string, count: number): void {
    this.#change(key, (old) => ({ ...old, creations: old.creations + count }));
  }

  /** Names the objects whose deletion is awaited (by uid or key), so that a deletion seen twice counts once. */
  expectDeletions(key: string, objects: readonly string[] | number): void {
    this.#change(key, (old) =>
      typeof objects === 'number'
        ? { ...old, anonymousDeletions: old.anonymousDeletions + objects }
        : { ...old, deletions: new Set([...old.deletions, ...objects]) },
    );
  }

  creationObserved(key: string): void {
    this.#lower(key, (old) => ({ ...old, creations: old.creations - 1 }));
  }

  /** `object` as it was named to expectDeletions. */
  deletionObserved(key: string, object?: string): void {
    this.#lower(key, (old) =>
      object !== undefined && old.deletions.has(object)
        ? { ...old, deletions: new Set([...old.deletions].filter((one) => one !== object)) }
        : { ...old, anonymousDeletions: old.anonymousDeletions - 1 },
    );
  }

  /** Whether nothing is awaited, or for too long. */
  satisfied(key: string): boolean {
    const expected = this.#expected.get(key);
    if (!expected) return true;
    const { creations, deletions, anonymousDeletions, atMs } = expected;
    return (creations <= 0 && deletions.size === 0 && anonymousDeletions <= 0) || this.#clock.now() - atMs > TIMEOUT_MS;
  }

  /** Forgets a key, when its object is gone. */
  delete(key: string): void {
    this.#expected.delete(key);
  }

  #change(key: string, change: (old: Expected) => Expected): void {
    const none = { creations: 0, deletions: new Set<string>(), anonymousDeletions: 0, atMs: 0 };
    const old = this.satisfied(key) ? none : (this.#expected.get(key) ?? none);
    this.#expected.set(key, { ...change(old), atMs: this.#clock.now() });
  }

  #lower(key: string, change: (old: Expected) => Expected): void {
    const old = this.#expected.get(key);
    if (old) this.#expected.set(key, change(old));
  }
}
