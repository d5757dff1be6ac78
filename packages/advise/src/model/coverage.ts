// Which budgets and Services mean which workloads, found once for all: by an index over the labels of pods, and then by the API's own matching.
import { labelSelector, type LabelSelector, type PodDisruptionBudget, type Service } from '@holdfast/schema';
import type { SourcedObject } from './sourced-object.ts';
import type { Workload } from './workload.ts';

/** What selects a workload's pods. */
export interface Coverage {
  budgets(workload: Workload): readonly SourcedObject<PodDisruptionBudget>[];
  services(workload: Workload): readonly SourcedObject<Service>[];
}

export function coverageOf(
  workloads: readonly Workload[],
  budgets: readonly SourcedObject<PodDisruptionBudget>[],
  services: readonly SourcedObject<Service>[],
): Coverage {
  const withPods = workloads.filter(({ template }) => template !== undefined);
  const index = indexByLabel(withPods);
  const byBudget = collect(index, budgets, ({ object }) => object.spec?.selector);
  const byService = collect(index, services, ({ object }) => object.spec?.selector && { matchLabels: object.spec.selector });
  return { budgets: (workload) => byBudget.get(workload) ?? [], services: (workload) => byService.get(workload) ?? [] };
}

/** Workloads of each namespace, and of each label in it. */
type Index = ReadonlyMap<string, readonly Workload[]>;

function indexByLabel(workloads: readonly Workload[]): Index {
  const index = new Map<string, Workload[]>();
  const add = (key: string, workload: Workload): void => {
    const group = index.get(key);
    if (group) group.push(workload);
    else index.set(key, [workload]);
  };
  for (const workload of workloads) {
    const { namespace } = workload.source;
    add(namespace, workload);
    for (const [key, value] of Object.entries(labelsOf(workload))) add(`${namespace} ${key}=${value}`, workload);
  }
  return index;
}

function collect<T extends SourcedObject>(
  index: Index,
  selecting: readonly T[],
  selectorOf: (one: T) => LabelSelector | undefined,
): ReadonlyMap<Workload, readonly T[]> {
  const found = new Map<Workload, T[]>();
  for (const one of selecting) {
    const selector = selectorOf(one);
    const [first] = Object.entries(selector?.matchLabels ?? {});
    const candidates = index.get(first ? `${one.namespace} ${first[0]}=${first[1]}` : one.namespace) ?? [];
    const matches = matcher(selector);
    for (const workload of candidates) {
      if (!matches(labelsOf(workload))) continue;
      const group = found.get(workload);
      if (group) group.push(one);
      else found.set(workload, [one]);
    }
  }
  return found;
}

/** A selector that is not valid means none. */
function matcher(selector: LabelSelector | undefined): (labels: Readonly<Record<string, string>>) => boolean {
  try {
    const compiled = labelSelector(selector);
    return (labels) => compiled.matches(labels);
  } catch {
    return () => false;
  }
}

function labelsOf({ template }: Workload): Readonly<Record<string, string>> {
  return template?.value.metadata?.labels ?? {};
}
