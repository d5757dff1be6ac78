// The kinds of workloads that worlds hold.
import type { KubeObject, Pod, ResourceType } from '@holdfast/schema';
import { type DaemonShape, daemonSets } from './daemon-set.ts';
import { deployments, type DeploymentShape } from './deployment.ts';
import { jobs, type JobShape } from './job.ts';
import { labelsOf } from './pod-template.ts';
import { statefulSets, type SetShape } from './stateful-set.ts';
import type { WorkloadKind } from './workload.ts';

export type WorkloadShape = SetShape | DeploymentShape | DaemonShape | JobShape;

const KINDS = { StatefulSet: statefulSets, Deployment: deployments, DaemonSet: daemonSets, Job: jobs } as const;

/** Of all kinds. */
export const WORKLOAD_KINDS = Object.values(KINDS) as unknown as readonly WorkloadKind<WorkloadShape>[];

export function kindOf(shape: Pick<WorkloadShape, 'kind'>): WorkloadKind<WorkloadShape> {
  // The kind of a shape is the one that its name says.
  return KINDS[shape.kind] as unknown as WorkloadKind<WorkloadShape>;
}

export function resourceOf(shape: Pick<WorkloadShape, 'kind'>): ResourceType<KubeObject> {
  return kindOf(shape).type;
}

/** The pods that carry a workload's label. */
export function podsOf(workload: KubeObject, pods: readonly Pod[]): readonly Pod[] {
  const { app } = labelsOf(workload.metadata.name ?? '');
  return pods.filter(({ metadata }) => metadata.labels?.['app'] === app);
}
