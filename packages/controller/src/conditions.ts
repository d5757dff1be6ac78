// Conditions: observations of an object's state, each with the time at which it last changed.
import { type Clock, timestamp } from '@holdfast/clock';

/** What all kinds of conditions have in common. */
export interface ConditionLike {
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly lastTransitionTime?: string | undefined;
  readonly observedGeneration?: number | undefined;
}

export function findCondition<C extends ConditionLike>(list: readonly C[] | undefined, type: string): C | undefined {
  return list?.find((condition) => condition.type === type);
}

export function isConditionTrue(list: readonly ConditionLike[] | undefined, type: string): boolean {
  return findCondition(list, type)?.status === 'True';
}

/**
 * Sets one condition. lastTransitionTime moves only when the status does (meta.SetStatusCondition); `changed` is false when
 * nothing differs, and then the list is the one given. An absent or empty lastTransitionTime is filled in.
 */
export function setCondition<C extends ConditionLike>(
  list: readonly C[] | undefined,
  condition: C,
  clock: Clock,
): { readonly conditions: readonly C[]; readonly changed: boolean } {
  const old = findCondition(list, condition.type);
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : condition.lastTransitionTime || timestamp(clock);
  const next: C = { ...old, ...condition, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) };
  if (!old) return { conditions: [...(list ?? []), next], changed: true };
  const fields = Object.keys(next) as (keyof C)[];
  if (fields.every((field) => next[field] === old[field])) return { conditions: list ?? [], changed: false };
  return { conditions: (list ?? []).map((one) => (one.type === next.type ? next : one)), changed: true };
}

/** The list without one type; the same list when it has none. */
export function removeCondition<C extends ConditionLike>(list: readonly C[] | undefined, type: string): readonly C[] {
  return findCondition(list, type) ? (list ?? []).filter((condition) => condition.type !== type) : (list ?? []);
}
