// What a PodDisruptionBudget allows, counted as the disruption controller counts.
import { type PodDisruptionBudget, scaledValue, type YamlEdit } from '@holdfast/schema';
import type { FieldPath } from './sourced-object.ts';

/** How many of `replicas` healthy pods may be evicted at once, and the field that says so. */
export function allowedDisruptions(
  { spec }: PodDisruptionBudget,
  replicas: number,
): { readonly allowed: number; readonly path: FieldPath; readonly says: string } {
  const field = spec?.maxUnavailable !== undefined ? 'maxUnavailable' : 'minAvailable';
  const value = spec?.[field];
  // With neither field the controller expects no pod to be healthy.
  if (value === undefined || value === null)
    return { allowed: replicas, path: ['spec'], says: 'says neither minAvailable nor maxUnavailable' };
  const says = `${field} is ${value}`;
  const number = numberOf(value, replicas);
  return { allowed: Math.max(0, field === 'maxUnavailable' ? number : replicas - number), path: ['spec', field], says };
}

/** Changes that make the budget allow one eviction at a time. */
export function toOne({ spec }: PodDisruptionBudget): readonly YamlEdit[] {
  const set = { path: ['spec', 'maxUnavailable'], value: 1 };
  return spec?.minAvailable === undefined ? [set] : [set, { path: ['spec', 'minAvailable'], value: undefined }];
}

/** What is no number and no percentage is refused by the API server; it allows nothing. */
function numberOf(value: number | string, replicas: number): number {
  try {
    return scaledValue(value, replicas, true);
  } catch {
    return replicas;
  }
}
