// Many writes of one pass: all at once, or in batches that double, so that an owner whose pods are refused asks once and not a hundred times.

/** What came of it. */
export interface Outcome {
  /** How many succeeded. */
  readonly done: number;
  /** The first refusal; undefined where there was none. */
  readonly failure: unknown;
}

/** Upstream's SlowStartInitialBatchSize. */
const FIRST_BATCH = 1;
/** The MaxBatchSize of upstream's StatefulSet controller; others make fewer than it in a pass. */
const LARGEST_BATCH = 500;

/** Acts on each item, 1, 2, 4, 8, ... and at most 500 at a time. After a batch in which one fails the others are not tried: a later pass begins anew. */
export async function slowStart<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<Outcome> {
  let done = 0;
  for (let start = 0, size = FIRST_BATCH; start < items.length; start += size, size = Math.min(size * 2, LARGEST_BATCH)) {
    const batch = await atOnce(items.slice(start, start + size), act);
    done += batch.done;
    if (batch.failure !== undefined) return { done, failure: batch.failure };
  }
  return { done, failure: undefined };
}

/** Acts on all items together, and waits for all of them. */
export async function atOnce<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<Outcome> {
  const results = await Promise.allSettled(items.map(act));
  const failed = results.filter((result) => result.status === 'rejected');
  return { done: results.length - failed.length, failure: failed[0]?.reason };
}
