// OrderedReady: pods start from the lowest and stop from the highest, one at a time, each when all others are well.
// Of both policies: an update goes from the top down to the partition, one pod at a time.
import { controllerOf } from '@holdfast/controller';
import { type Pod, PODS, type StatefulSet } from '@holdfast/schema';
import { isOf } from '../../recording-store.ts';
import type { Invariant, Watching } from './invariant.ts';
import { NodeView } from './node-view.ts';
import { imageOf } from '../workloads/pod-template.ts';
import { ordinalOf } from '../workloads/stateful-set.ts';
import { SetView } from './set-view.ts';

export function order({ deeds, list, report }: Watching): Invariant {
  const view = new SetView();
  const nodes = new NodeView();
  return {
    change(change, atMs) {
      view.change(change, atMs);
      nodes.change(change, atMs);
      if (!isOf(change, PODS)) return;
      const pod = change.object;
      const owner = controllerOf(pod);
      if (owner?.kind !== 'StatefulSet') return;
      const since = deeds.viewSince(atMs, 'statefulset-controller');
      const versions = view.versions(owner.uid, since);
      if (versions.length === 0 || versions.at(-1)?.metadata.deletionTimestamp) return;
      if (change.type === 'ADDED') allowed(pod, 'is created', versions, (set) => startProblem(set, pod, since, atMs));
      else if (stops(change.type, pod, change.before as Pod | undefined) && !hasOtherCause(pod, atMs))
        allowed(pod, 'is deleted', versions, (set) => stopProblem(set, pod, since, atMs));
    },
  };

  function allowed(pod: Pod, what: string, versions: readonly StatefulSet[], problemOf: (set: StatefulSet) => string | undefined): void {
    let problem: string | undefined;
    for (const version of versions) {
      problem = problemOf(version);
      if (problem === undefined) return;
    }
    report(`${pod.metadata.name} ${what} ${problem}`);
  }

  function startProblem(set: StatefulSet, pod: Pod, since: number, atMs: number): string | undefined {
    if (set.spec?.podManagementPolicy === 'Parallel') return undefined;
    const ordinal = ordinalOf(set, pod);
    for (let below = 0; below < ordinal; below++) {
      const problem = unwell(set, below, since, atMs);
      if (problem) return `before ${problem}`;
    }
    return undefined;
  }

  function stopProblem(set: StatefulSet, pod: Pod, since: number, atMs: number): string | undefined {
    const ordinal = ordinalOf(set, pod);
    const replicas = set.spec?.replicas ?? 1;
    return ordinal >= replicas ? scaleDownProblem(set, ordinal, since, atMs) : updateProblem(set, pod, ordinal, since, atMs);
  }

  function scaleDownProblem(set: StatefulSet, ordinal: number, since: number, atMs: number): string | undefined {
    if (set.spec?.podManagementPolicy === 'Parallel') return undefined;
    const above = podsOf(set).find((other) => ordinalOf(set, other) > ordinal);
    if (above) return `while ${above.metadata.name} above it is still there`;
    for (let below = 0; below < (set.spec?.replicas ?? 1); below++) {
      const problem = unwell(set, below, since, atMs);
      if (problem) return `while ${problem}`;
    }
    return undefined;
  }

  function updateProblem(set: StatefulSet, pod: Pod, ordinal: number, since: number, atMs: number): string | undefined {
    const { replicas = 1, updateStrategy, template, minReadySeconds = 0, podManagementPolicy } = set.spec ?? {};
    const image = template ? imageOf(template) : '';
    if (updateStrategy?.type === 'OnDelete') return 'although its set updates on deletion only';
    if (imageOf(pod) === image) return 'although it is up to date and within the replicas';
    const partition = updateStrategy?.rollingUpdate?.partition ?? 0;
    if (ordinal < partition) return `although it is below the partition ${partition}`;
    for (let above = replicas - 1; above > ordinal; above--) {
      const name = `${set.metadata.name}-${above}`;
      if (!view.wasWell(name, since, atMs, 0, image)) return `for its update before ${name} is updated and well`;
    }
    if (podManagementPolicy === 'Parallel') return undefined;
    for (let other = 0; other < replicas; other++) {
      const name = `${set.metadata.name}-${other}`;
      if (other !== ordinal && !view.wasWell(name, since, atMs, minReadySeconds)) return `for its update while ${name} is not well`;
    }
    return undefined;
  }

  function unwell(set: StatefulSet, ordinal: number, since: number, atMs: number): string | undefined {
    const name = `${set.metadata.name}-${ordinal}`;
    return view.wasWell(name, since, atMs, set.spec?.minReadySeconds ?? 0) ? undefined : `${name} is well`;
  }

  function podsOf(set: StatefulSet): readonly Pod[] {
    return list(PODS).filter((pod) => controllerOf(pod)?.uid === set.metadata.uid);
  }

  /** Deleted by a user, an eviction, a taint, or because it had ended or its node is gone: not by its set. */
  function hasOtherCause(pod: Pod, atMs: number): boolean {
    const { uid = '' } = pod.metadata;
    if (deeds.deleted.has(uid) || deeds.evicted.has(uid)) return true;
    if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return true;
    const { nodeName } = pod.spec ?? {};
    return nodeName !== undefined && nodes.wasUnwell(nodeName, deeds.viewSince(atMs, 'node-controller', 'pod-garbage-collector'));
  }
}

/** The moment at which a pod's end begins. */
function stops(type: string, pod: Pod, before: Pod | undefined): boolean {
  if (before?.metadata.deletionTimestamp) return false;
  return type === 'DELETED' || pod.metadata.deletionTimestamp !== undefined;
}
