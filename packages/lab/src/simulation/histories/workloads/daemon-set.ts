// DaemonSets of a world.
import type { Random } from '@holdfast/clock';
import { type DaemonSet, DAEMONSETS, type Pod } from '@holdfast/schema';
import { imageOf, labelsOf, NAMESPACE, serverTemplate, unsettled } from './pod-template.ts';
import type { WorkloadKind } from './workload.ts';

export interface DaemonShape {
  readonly kind: 'DaemonSet';
  readonly name: string;
  readonly strategy: 'RollingUpdate' | 'OnDelete';
  /** 0: an update adds new pods instead, on one node at a time (maxSurge 1); the two exclude each other. */
  readonly maxUnavailable: number;
  readonly minReadySeconds: number;
}

export const daemonSets: WorkloadKind<DaemonShape, DaemonSet> = {
  type: DAEMONSETS,
  generate: (random: Random, name) => ({
    kind: 'DaemonSet',
    name,
    strategy: random.next() < 0.85 ? 'RollingUpdate' : 'OnDelete',
    maxUnavailable: random.int(3),
    minReadySeconds: random.next() < 0.2 ? 1 + random.int(10) : 0,
  }),
  objectOf: ({ name, strategy, maxUnavailable, minReadySeconds }) => ({
    metadata: { name, namespace: NAMESPACE },
    spec: {
      minReadySeconds,
      selector: { matchLabels: labelsOf(name) },
      updateStrategy:
        strategy === 'OnDelete'
          ? { type: strategy }
          : { type: strategy, rollingUpdate: { maxUnavailable, maxSurge: maxUnavailable === 0 ? 1 : 0 } },
      template: serverTemplate(name),
    },
  }),
  *smaller(shape) {
    if (shape.minReadySeconds > 0) yield { ...shape, minReadySeconds: 0 };
    if (shape.maxUnavailable !== 1) yield { ...shape, maxUnavailable: 1 };
    if (shape.strategy === 'OnDelete') yield { ...shape, strategy: 'RollingUpdate' };
  },
  describe: ({ name, strategy, maxUnavailable, minReadySeconds }) =>
    `DaemonSet ${name}: ${strategy === 'OnDelete' ? 'updates on deletion' : maxUnavailable === 0 ? 'maxSurge 1' : `maxUnavailable ${maxUnavailable}`}${minReadySeconds > 0 ? `, minReadySeconds ${minReadySeconds}` : ''}`,
  state: ({ metadata, status }) => {
    const { desiredNumberScheduled = 0, numberReady = 0, updatedNumberScheduled = 0 } = status ?? {};
    return `${metadata.deletionTimestamp ? 'Terminating, ' : ''}${numberReady} of ${desiredNumberScheduled} ready, ${updatedNumberScheduled} updated`;
  },
  unfinished,
  outcome: ({ metadata, spec, status }, pods) => [
    `daemon set ${metadata.name} with ${status?.numberReady} of ${status?.desiredNumberScheduled} ready`,
    ...pods.map(
      (pod) =>
        `pod of daemon set ${metadata.name} on ${pod.spec?.nodeName} ${spec?.updateStrategy?.type === 'OnDelete' ? 'of some revision' : imageOf(pod)}`,
    ),
  ],
};

function unfinished({ metadata, spec, status }: DaemonSet, pods: readonly Pod[]): readonly string[] {
  const { name, generation } = metadata;
  const image = spec ? imageOf(spec.template) : '';
  const nodes = new Set(pods.map((pod) => pod.spec?.nodeName));
  const problems = pods.flatMap((pod) => unsettled(pod, spec?.updateStrategy?.type === 'OnDelete' ? undefined : image));
  if (nodes.size !== pods.length) problems.push(`daemon set ${name} has ${pods.length} pods on ${nodes.size} nodes`);
  if (status?.observedGeneration !== generation) problems.push(`daemon set ${name} is not observed`);
  const { desiredNumberScheduled = 0, currentNumberScheduled = 0, numberReady = 0, numberAvailable = 0 } = status ?? {};
  if (desiredNumberScheduled !== pods.length) problems.push(`daemon set ${name} has ${pods.length} of ${desiredNumberScheduled} pods`);
  if ([currentNumberScheduled, numberReady, numberAvailable].some((count) => count !== desiredNumberScheduled))
    problems.push(`the status of daemon set ${name} does not say that all ${desiredNumberScheduled} pods are available`);
  return problems;
}
