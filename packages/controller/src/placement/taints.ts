// Taints repel pods; tolerations let them stay.
import type { Taint, Toleration } from '@holdfast/schema';

/** Whether the toleration covers the taint. An empty key with Exists covers every key; an empty effect every effect. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return (toleration.operator ?? 'Equal') === 'Equal' && Boolean(toleration.key) && (toleration.value ?? '') === (taint.value ?? '');
}

/** The first taint with one of these effects that no toleration covers. */
export function untoleratedTaint(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly string[],
): Taint | undefined {
  return taints?.find((taint) => effects.includes(taint.effect) && !tolerations?.some((toleration) => tolerates(toleration, taint)));
}

/** What a pod's tolerations say about the NoExecute taints of its node. */
export type Tolerance =
  | { readonly kind: 'forever' }
  /** From the moment the taint is seen. */
  | { readonly kind: 'for'; readonly ms: number }
  | { readonly kind: 'not' };

/** How long a pod may stay in spite of these taints: the least of what its tolerations say. */
export function tolerance(taints: readonly Taint[] | undefined, tolerations: readonly Toleration[] = []): Tolerance {
  const noExecute = (taints ?? []).filter(({ effect }) => effect === 'NoExecute');
  if (untoleratedTaint(noExecute, tolerations, ['NoExecute'])) return { kind: 'not' };
  const used = tolerations.filter((toleration) => noExecute.some((taint) => tolerates(toleration, taint)));
  const seconds = used.flatMap(({ tolerationSeconds }) => (typeof tolerationSeconds === 'number' ? [tolerationSeconds] : []));
  if (seconds.length === 0) return { kind: 'forever' };
  const least = Math.min(...seconds);
  return least <= 0 ? { kind: 'not' } : { kind: 'for', ms: least * 1000 };
}

/** Whether two taints are the same one: by key and effect. */
export function sameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}
