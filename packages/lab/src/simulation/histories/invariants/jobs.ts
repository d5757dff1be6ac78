// A Job counts each of its pods once, and none before it has ended: its counts only grow, and never beyond what has ended.
import { controllerOf } from '@holdfast/controller';
import { type Job, JOBS, type Pod, PODS } from '@holdfast/schema';
import { isOf } from '../../recording-store.ts';
import type { Invariant, Watching } from './invariant.ts';
import { IN_SIGHT_MS } from './rollout.ts';
import { Versions } from './versions.ts';

const TRACKING = 'batch.kubernetes.io/job-tracking';
const INDEX = 'batch.kubernetes.io/job-completion-index';

/** The pods that a job ever had, by uid. */
interface Pods {
  readonly all: Set<string>;
  readonly succeeded: Set<string>;
}

export function jobs({ deeds, list, report }: Watching): Invariant {
  const podsOf = new Map<string, Pods>();
  const versions = new Versions(JOBS);
  return {
    change(change, atMs) {
      versions.change(change, atMs);
      if (isOf(change, PODS)) pod(change.object, change.before as Pod | undefined, atMs);
      if (isOf(change, JOBS) && change.type === 'MODIFIED') counts(change.object, change.before as Job);
    },
  };

  function pod(now: Pod, before: Pod | undefined, atMs: number): void {
    const owner = controllerOf(now);
    if (owner?.kind !== 'Job') return;
    const { uid = '' } = now.metadata;
    const pods = podsOf.get(owner.uid) ?? { all: new Set(), succeeded: new Set() };
    podsOf.set(owner.uid, pods);
    pods.all.add(uid);
    if (now.status?.phase === 'Succeeded') pods.succeeded.add(uid);
    if (before && isTracked(before) && !isTracked(now) && before.status?.phase === 'Succeeded') letGo(now, owner.uid, atMs);
  }

  /** A pod that has succeeded is let go only when its job's status has it. */
  function letGo(pod: Pod, owner: string, atMs: number): void {
    if (pod.metadata.deletionTimestamp || deeds.viewSince(atMs, 'job-controller') < atMs) return;
    const job = list(JOBS).find(({ metadata }) => metadata.uid === owner);
    if (!job || job.metadata.deletionTimestamp || isFinished(job)) return;
    // A pod that just goes, because fewer are wanted, may succeed at that moment.
    if (versions.since(owner, atMs - IN_SIGHT_MS).some(({ metadata }) => metadata.generation !== job.metadata.generation)) return;
    const { uncountedTerminatedPods, completedIndexes = '' } = job.status ?? {};
    const index = pod.metadata.annotations?.[INDEX];
    const isCounted =
      index === undefined
        ? uncountedTerminatedPods?.succeeded?.includes(pod.metadata.uid ?? '')
        : hasIndex(completedIndexes, Number(index));
    if (!isCounted) report(`${pod.metadata.name} has succeeded and is let go before its job counts it`);
  }

  function counts({ metadata, status, spec }: Job, before: Job): void {
    const { succeeded = 0, failed = 0 } = status ?? {};
    const pods = podsOf.get(metadata.uid ?? '');
    const { name } = metadata;
    if (succeeded < (before.status?.succeeded ?? 0)) report(`job ${name} counts ${succeeded} successes after ${before.status?.succeeded}`);
    if (failed < (before.status?.failed ?? 0)) report(`job ${name} counts ${failed} failures after ${before.status?.failed}`);
    if (succeeded > (pods?.succeeded.size ?? 0)) report(`job ${name} counts ${succeeded} successes of ${pods?.succeeded.size ?? 0}`);
    if (succeeded + failed > (pods?.all.size ?? 0)) report(`job ${name} counts ${succeeded + failed} ended pods of ${pods?.all.size ?? 0}`);
    if (spec?.completionMode === 'Indexed' && succeeded > (spec.completions ?? 0))
      report(`job ${name} counts ${succeeded} of ${spec.completions} indexes`);
  }
}

function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(TRACKING) ?? false;
}

function isFinished({ status }: Job): boolean {
  return status?.conditions?.some(({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True') ?? false;
}

/** '0-2,5'. */
function hasIndex(text: string, index: number): boolean {
  return text.split(',').some((part) => {
    const [first = Number.NaN, last = first] = part.split('-').map(Number);
    return first <= index && index <= last;
  });
}
