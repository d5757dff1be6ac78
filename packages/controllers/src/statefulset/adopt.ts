// Which pods belong to a set: those it controls, those it may adopt, those it must let go.
import { labelSelector, type Pod, type StatefulSet } from '@holdfast/schema';
import { belonging } from '../ownership/claim.ts';
import { ordinalOf } from './identity.ts';

export interface Claimed {
  readonly owned: readonly Pod[];
  readonly adopt: readonly Pod[];
  readonly release: readonly Pod[];
}

/** `pods` are those of the set's namespace. */
export function claimPods(set: StatefulSet, pods: readonly Pod[]): Claimed {
  const selector = labelSelector(set.spec?.selector);
  const found = { owned: [] as Pod[], adopted: [] as Pod[], released: [] as Pod[], 'not ours': [] as Pod[] };
  for (const pod of pods) {
    const fits = selector.matches(pod.metadata.labels ?? {}) && ordinalOf(set, pod) !== undefined;
    found[belonging(set, pod, fits)].push(pod);
  }
  return { owned: found.owned, adopt: found.adopted, release: found.released };
}
