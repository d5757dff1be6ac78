// Which pods selectors mean: budgets, Services and constraints, by the matching code of the API.
import {
  labelSelector,
  labelSet,
  type LabelSelector,
  type Pod,
  type PodDisruptionBudget,
  type PodSpec,
  type Service,
} from '@holdfast/schema';
import type { Graph } from './graph.ts';
import type { SourcedObject } from './sourced-object.ts';
import type { Workload } from './workload.ts';

/** Labels that the workload's pods have; empty where an operator decides. */
export function podLabels({ template }: Workload): Readonly<Record<string, string>> {
  return template?.value.metadata?.labels ?? {};
}

/** What the template makes of a pod; empty for custom resources. */
export function podSpec({ template }: Workload): Partial<PodSpec> {
  return template?.value.spec ?? {};
}

/** A pod of the workload as far as its template goes. */
export function podOf(workload: Workload, ordinal: number): Pod {
  const { namespace, name } = workload.source;
  return { metadata: { namespace, name: `${name}-${ordinal}`, labels: podLabels(workload) }, spec: podSpec(workload) as PodSpec };
}

/** Whether the selector means the workload's pods. A selector that is not valid means none. */
export function selectsPods(selector: LabelSelector | null | undefined, workload: Workload): boolean {
  if (!workload.template) return false;
  try {
    return labelSelector(selector).matches(podLabels(workload));
  } catch {
    return false;
  }
}

/** Budgets over the workload's pods. */
export function budgetsOf(graph: Graph, workload: Workload): readonly SourcedObject<PodDisruptionBudget>[] {
  return graph
    .inNamespace<PodDisruptionBudget>('PodDisruptionBudget', workload.source.namespace)
    .filter(({ object }) => selectsPods(object.spec?.selector, workload));
}

/** Whether the Service sends to the workload's pods. */
export function serviceSelects({ object }: SourcedObject<Service>, workload: Workload): boolean {
  return (
    workload.template !== undefined && object.spec?.selector !== undefined && labelSet(object.spec.selector).matches(podLabels(workload))
  );
}

/** A custom resource of a data operator with the workload's own name: its operator makes Services, budgets and claims that files do not show. */
export function operatedTwin(graph: Graph, { source }: Workload): Workload | undefined {
  return graph.operated(source.namespace, source.name);
}
