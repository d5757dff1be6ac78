// Names and ordinals: what makes the n-th pod of a set the n-th.
import type { Pod, StatefulSet } from '@holdfast/schema';

/** Parent and ordinal of a pod's name, by the greedy rule '(.*)-([0-9]+)'; undefined for a name of another form. */
export function parsePodName(name: string): { readonly parent: string; readonly ordinal: number } | undefined {
  const match = /^(.*)-([0-9]+)$/.exec(name);
  const ordinal = Number(match?.[2]);
  if (!match || ordinal > 0x7fffffff) return undefined;
  return { parent: match[1] ?? '', ordinal };
}

/** The ordinal of a pod that has a name of this set, otherwise undefined. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const parsed = parsePodName(pod.metadata.name ?? '');
  return parsed?.parent === set.metadata.name ? parsed?.ordinal : undefined;
}

export function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

/** Name of the claim that the template `template` gives the pod `ordinal`. */
export function claimName(set: StatefulSet, template: string, ordinal: number): string {
  return `${template}-${set.metadata.name}-${ordinal}`;
}

/** First ordinal and number of replicas. */
export function range(set: StatefulSet): { readonly start: number; readonly replicas: number } {
  return { start: set.spec?.ordinals?.start ?? 0, replicas: set.spec?.replicas ?? 1 };
}

export function isOrdered(set: StatefulSet): boolean {
  return set.spec?.podManagementPolicy !== 'Parallel';
}
