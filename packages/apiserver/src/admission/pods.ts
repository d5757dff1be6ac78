// Pods get a priority and tolerations for nodes in trouble; new nodes are not ready until they say so.
import { forbidden, type KubeObject, type Node, type Pod, type PriorityClass, type Toleration } from '@holdfast/schema';
import type { AdmissionPlugin } from './plugin.ts';

const TOLERATION_SECONDS = 300;

export const defaultTolerations: AdmissionPlugin = (_server, { definition, operation, object, subresource }) => {
  if (definition.storagePrefix !== 'core/pods' || operation !== 'CREATE' || subresource !== '') return object;
  const pod = object as Pod;
  if (!pod.spec) return object;
  const tolerations = pod.spec.tolerations ?? [];
  const added = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !tolerations.some((toleration) => tolerates(toleration, key)))
    .map((key): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: TOLERATION_SECONDS }));
  return added.length === 0 ? object : { ...pod, spec: { ...pod.spec, tolerations: [...tolerations, ...added] } };
};

function tolerates(toleration: Toleration, key: string): boolean {
  return (!toleration.key || toleration.key === key) && (!toleration.effect || toleration.effect === 'NoExecute');
}

export const priority: AdmissionPlugin = (server, { definition, operation, object, name, subresource }) => {
  if (definition.storagePrefix !== 'core/pods' || operation !== 'CREATE' || subresource !== '') return object;
  const pod = object as Pod;
  if (!pod.spec) return object;
  const classes = server.store.list('scheduling.k8s.io/priorityclasses/').entries.map((entry) => entry.value as PriorityClass);
  const wanted = pod.spec.priorityClassName
    ? classes.find((candidate) => candidate.metadata.name === pod.spec?.priorityClassName)
    : classes.find((candidate) => candidate.globalDefault);
  if (pod.spec.priorityClassName && !wanted) {
    throw forbidden(definition, name, `no PriorityClass with name ${pod.spec.priorityClassName} was found`);
  }
  const changed: KubeObject & Pod = {
    ...pod,
    spec: {
      ...pod.spec,
      ...(wanted ? { priorityClassName: wanted.metadata.name } : {}),
      priority: wanted?.value ?? 0,
      preemptionPolicy: wanted?.preemptionPolicy ?? 'PreemptLowerPriority',
    },
  };
  return changed;
};

export const nodeTaint: AdmissionPlugin = (_server, { definition, operation, object }) => {
  if (definition.storagePrefix !== 'core/nodes' || operation !== 'CREATE') return object;
  const node = object as Node;
  const taints = node.spec?.taints ?? [];
  if (taints.some((taint) => taint.key === 'node.kubernetes.io/not-ready')) return object;
  return {
    ...node,
    spec: { ...node.spec, taints: [...taints, { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] },
  } as KubeObject;
};
