// A DaemonSet makes no pod for a node that has one of it, but for one that has ended and is on its way out; where updates may add pods, none
// for a node that has one of the same revision that stays. Judged while its controller sees what there is.
import { controllerOf } from '@holdfast/controller';
import { type DaemonSet, DAEMONSETS, type Pod, PODS } from '@holdfast/schema';
import { isOf } from '../../recording-store.ts';
import type { Invariant, Watching } from './invariant.ts';

export function daemons({ deeds, list, report }: Watching): Invariant {
  return {
    change(change, atMs) {
      if (!isOf(change, PODS) || change.type !== 'ADDED') return;
      const pod = change.object;
      const owner = controllerOf(pod);
      if (owner?.kind !== 'DaemonSet' || deeds.viewSince(atMs, 'daemon-set-controller') < atMs) return;
      const node = nodeOf(pod);
      const set = list(DAEMONSETS).find(({ metadata }) => metadata.uid === owner.uid);
      const excludes = (other: Pod): boolean =>
        mayAdd(set) ? !other.metadata.deletionTimestamp && revisionOf(other) === revisionOf(pod) : !isLeaving(other);
      const twin = list(PODS).find(
        (other) =>
          other.metadata.uid !== pod.metadata.uid && controllerOf(other)?.uid === owner.uid && nodeOf(other) === node && excludes(other),
      );
      if (twin) report(`${pod.metadata.name} is created for ${node}, which has ${twin.metadata.name}`);
    },
  };
}

function mayAdd(set: DaemonSet | undefined): boolean {
  return Boolean(set?.spec?.updateStrategy?.rollingUpdate?.maxSurge);
}

function revisionOf({ metadata }: Pod): string | undefined {
  return metadata.labels?.['controller-revision-hash'];
}

function isLeaving({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined && (status?.phase === 'Failed' || status?.phase === 'Succeeded');
}

/** The node that a pod is meant for; it is bound to it later. */
function nodeOf({ spec }: Pod): string | undefined {
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return terms.flatMap(({ matchFields = [] }) => matchFields).find(({ key }) => key === 'metadata.name')?.values?.[0] ?? spec?.nodeName;
}
