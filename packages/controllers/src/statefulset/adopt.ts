// Which pods belong to a set: those it controls, those it may adopt, those it must let go.
import { controllerOf } from '@holdfast/controller';
import { labelSelector, type Pod, type StatefulSet } from '@holdfast/schema';
import { ordinalOf } from './identity.ts';

export interface Claimed {
  readonly owned: readonly Pod[];
  readonly adopt: readonly Pod[];
  readonly release: readonly Pod[];
}

/** `pods` are those of the set's namespace. */
export function claimPods(set: StatefulSet, pods: readonly Pod[]): Claimed {
  const selector = labelSelector(set.spec?.selector);
  const owned: Pod[] = [];
  const adopt: Pod[] = [];
  const release: Pod[] = [];
  for (const pod of pods) {
    const controller = controllerOf(pod);
    const fits = selector.matches(pod.metadata.labels ?? {}) && ordinalOf(set, pod) !== undefined;
    if (controller) {
      if (controller.uid !== set.metadata.uid) continue;
      if (fits) owned.push(pod);
      else if (!set.metadata.deletionTimestamp) release.push(pod);
    } else if (fits && !pod.metadata.deletionTimestamp && !set.metadata.deletionTimestamp) adopt.push(pod);
  }
  return { owned, adopt, release };
}
