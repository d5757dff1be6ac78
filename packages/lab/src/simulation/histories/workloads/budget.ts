// The disruption budgets of workloads.
import type { Random } from '@holdfast/clock';
import type { PodDisruptionBudget } from '@holdfast/schema';
import { pick } from '../chances.ts';
import { labelsOf, NAMESPACE } from './pod-template.ts';

export type Budget = { readonly minAvailable: number | string } | { readonly maxUnavailable: number | string };

export function generateBudget(random: Random, replicas: number): Budget {
  return pick(random, [
    { minAvailable: random.int(replicas + 1) },
    { minAvailable: pick(random, ['50%', '51%', '100%']) },
    { maxUnavailable: random.int(replicas + 1) },
    { maxUnavailable: pick(random, ['0%', '34%', '50%']) },
  ]);
}

export function budgetObject(name: string, budget: Budget): PodDisruptionBudget {
  return { metadata: { name, namespace: NAMESPACE }, spec: { ...budget, selector: { matchLabels: labelsOf(name) } } };
}

export function describeBudget(budget: Budget | undefined): readonly string[] {
  return budget ? [`a budget of ${Object.entries(budget).flat().join(' ')}`] : [];
}
