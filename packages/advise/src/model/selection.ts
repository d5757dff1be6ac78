// A workload's pods as its template makes them, and whether selectors mean them.
import { labelSelector, type LabelSelector, type Pod, type PodSpec } from '@holdfast/schema';
import type { Graph } from './graph.ts';
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

/** A custom resource of a data operator with the workload's own name: its operator makes Services, budgets and claims that files do not show. */
export function operatedTwin(graph: Graph, { source }: Workload): Workload | undefined {
  return graph.operated(source.namespace, source.name);
}
