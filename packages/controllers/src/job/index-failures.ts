// backoffLimitPerIndex: each index has its own failures, which its pods carry in annotations.
import type { Job, Pod } from '@holdfast/schema';
import { endedAtMs, remainingMs } from './back-off.ts';
import { verdictOn } from './failure-policy.ts';
import { indexOf, parseIndexes } from './indexes.ts';

const COUNTED_ANNOTATION = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED_ANNOTATION = 'batch.kubernetes.io/job-index-ignored-failure-count';

export class IndexFailures {
  readonly #job: Job;
  /** The last failure of each index: its pod carries the count of those before. */
  readonly #last = new Map<number, Pod>();
  /** Indexes that are not tried again. */
  readonly failed: ReadonlySet<number>;

  /** `pods`: those that have failed and are not counted yet. */
  constructor(job: Job, pods: readonly Pod[]) {
    this.#job = job;
    const completions = job.spec?.completions ?? 0;
    for (const pod of pods) {
      const index = indexOf(pod);
      if (index === undefined || index >= completions) continue;
      const other = this.#last.get(index);
      if (!other || isAfter(pod, other)) this.#last.set(index, pod);
    }
    const over = pods.filter((pod) => isOver(pod, job)).flatMap((pod) => indexOf(pod) ?? []);
    this.failed = new Set([...parseIndexes(job.status?.failedIndexes, completions), ...over.filter((index) => index < completions)]);
  }

  /** Whether the pod must not go yet, since only it knows how often its index has failed: the index waits for its next pod. */
  isNeeded(pod: Pod, busy: ReadonlySet<number | undefined>): boolean {
    const index = indexOf(pod);
    const isLast = index !== undefined && this.#last.get(index)?.metadata.uid === pod.metadata.uid;
    return isLast && !this.failed.has(index) && !busy.has(index);
  }

  /** Milliseconds until the index may be tried again. */
  waitMs(index: number, nowMs: number): number {
    const last = this.#last.get(index);
    return last ? remainingMs({ failures: counted(last) + ignored(last) + 1, lastFailureMs: endedAtMs(last) }, nowMs) : 0;
  }

  /** What the next pod of the index carries. */
  annotations(index: number): Readonly<Record<string, string>> {
    const last = this.#last.get(index);
    if (!last) return { [COUNTED_ANNOTATION]: '0' };
    const isIgnored = verdictOn(last, this.#job).action === 'Ignore';
    const ignoredNow = ignored(last) + (isIgnored ? 1 : 0);
    return {
      [COUNTED_ANNOTATION]: String(counted(last) + (isIgnored ? 0 : 1)),
      ...(ignoredNow > 0 ? { [IGNORED_ANNOTATION]: String(ignoredNow) } : {}),
    };
  }
}

function isOver(pod: Pod, job: Job): boolean {
  const { action } = verdictOn(pod, job);
  if (action === 'FailIndex') return true;
  return action !== 'Ignore' && counted(pod) >= (job.spec?.backoffLimitPerIndex ?? 0);
}

function isAfter(pod: Pod, other: Pod): boolean {
  const [a, b] = [counted(pod) + ignored(pod), counted(other) + ignored(other)];
  return a === b ? endedAtMs(pod) > endedAtMs(other) : a > b;
}

function counted({ metadata }: Pod): number {
  return Number(metadata.annotations?.[COUNTED_ANNOTATION] ?? 0) || 0;
}

function ignored({ metadata }: Pod): number {
  return Number(metadata.annotations?.[IGNORED_ANNOTATION] ?? 0) || 0;
}
