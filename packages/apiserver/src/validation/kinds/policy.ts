// Disruption budgets, leases, priority classes, autoscalers.
import {
  deepEqual,
  type HorizontalPodAutoscaler,
  isPathSegmentName,
  type Lease,
  type PodDisruptionBudget,
  type PriorityClass,
} from '@holdfast/schema';
import { type FieldErrors, IMMUTABLE } from '../field-errors.ts';
import { validateLabelSelector } from '../labels.ts';
import { atMost100Percent, nonNegativeIntOrPercent } from './int-or-percent.ts';

const HIGHEST_USER_PRIORITY = 1_000_000_000;
const SYSTEM_CLASSES: Readonly<Record<string, number>> = {
  'system-node-critical': 2 * HIGHEST_USER_PRIORITY + 1000,
  'system-cluster-critical': 2 * HIGHEST_USER_PRIORITY,
};

export function validateDisruptionBudget({ spec }: PodDisruptionBudget, errors: FieldErrors): void {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec ?? {};
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    errors.invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set');
  for (const [field, value] of [
    ['minAvailable', minAvailable],
    ['maxUnavailable', maxUnavailable],
  ] as const) {
    if (value === undefined) continue;
    nonNegativeIntOrPercent(value, `spec.${field}`, errors);
    atMost100Percent(value, `spec.${field}`, errors);
  }
  validateLabelSelector(selector, 'spec.selector', errors);
  errors.oneOf('spec.unhealthyPodEvictionPolicy', unhealthyPodEvictionPolicy, ['AlwaysAllow', 'IfHealthyBudget']);
}

export function validateDisruptionBudgetStatus({ status }: PodDisruptionBudget, errors: FieldErrors): void {
  for (const field of ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const)
    errors.nonNegative(`status.${field}`, status?.[field]);
}

export function validateLease({ spec }: Lease, errors: FieldErrors): void {
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder } = spec ?? {};
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0)
    errors.invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0');
  errors.nonNegative('spec.leaseTransitions', leaseTransitions);
  if (strategy !== undefined && !strategy.includes('/')) errors.oneOf('spec.strategy.strategy', strategy, ['OldestEmulationVersion']);
  if (preferredHolder && !strategy) errors.forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined');
}

export function validatePriorityClass({ metadata, value, globalDefault, preemptionPolicy }: PriorityClass, errors: FieldErrors): void {
  const name = metadata?.name ?? '';
  if (name.startsWith('system-')) {
    const words = "priority class names with 'system-' prefix are reserved for system use only. error: ";
    const known = Object.hasOwn(SYSTEM_CLASSES, name) ? SYSTEM_CLASSES[name] : undefined;
    if (known === undefined) errors.forbidden('metadata.name', `${words}${name} is not a known system priority class`);
    else if (value !== known) errors.forbidden('metadata.name', `${words}value of ${name} PriorityClass must be ${known}`);
    else if (globalDefault) errors.forbidden('metadata.name', `${words}globalDefault of ${name} PriorityClass must be false`);
  } else if ((value ?? 0) > HIGHEST_USER_PRIORITY)
    errors.forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`);
  if (preemptionPolicy !== undefined) errors.requiredOneOf('preemptionPolicy', preemptionPolicy, ['PreemptLowerPriority', 'Never']);
}

export function validatePriorityClassUpdate(next: PriorityClass, old: PriorityClass, errors: FieldErrors): void {
  if (next.value !== old.value) errors.forbidden('value', 'may not be changed in an update.');
  if (!deepEqual(next.preemptionPolicy, old.preemptionPolicy)) errors.invalid('preemptionPolicy', next.preemptionPolicy, IMMUTABLE);
}

/** The frame of an autoscaler; nothing here acts on metrics. */
export function validateAutoscaler({ spec }: HorizontalPodAutoscaler, errors: FieldErrors): void {
  const { minReplicas, maxReplicas = 0, scaleTargetRef } = spec ?? {};
  if (minReplicas !== undefined && minReplicas < 1) errors.invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1');
  if (maxReplicas < 1) errors.invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0');
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    errors.invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`');
  for (const field of ['kind', 'name'] as const) {
    const value = scaleTargetRef?.[field] ?? '';
    if (!value) errors.required(`spec.scaleTargetRef.${field}`);
    else errors.problems(`spec.scaleTargetRef.${field}`, value, isPathSegmentName(value));
  }
}
