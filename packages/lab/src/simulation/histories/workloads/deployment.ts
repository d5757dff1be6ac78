// Deployments of a world.
import type { Random } from '@holdfast/clock';
import { type Deployment, DEPLOYMENTS, type Pod } from '@holdfast/schema';
import { pick } from '../chances.ts';
import { type Budget, describeBudget, generateBudget } from './budget.ts';
import { imageOf, labelsOf, NAMESPACE, serverTemplate, unsettled } from './pod-template.ts';
import { MOST_REPLICAS, type WorkloadKind } from './workload.ts';

export interface DeploymentShape {
  readonly kind: 'Deployment';
  readonly name: string;
  readonly replicas: number;
  readonly strategy: 'RollingUpdate' | 'Recreate';
  readonly maxSurge: number | string;
  readonly maxUnavailable: number | string;
  readonly minReadySeconds: number;
  /** Old ReplicaSets that are kept. */
  readonly history: number;
  readonly budget?: Budget | undefined;
}

export const deployments: WorkloadKind<DeploymentShape, Deployment> = {
  type: DEPLOYMENTS,
  generate,
  objectOf,
  smaller,
  describe,
  state: ({ metadata, spec, status }) => {
    const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {};
    return [
      ...(metadata.deletionTimestamp ? ['Terminating'] : []),
      ...(spec?.paused ? ['paused'] : []),
      `${availableReplicas} of ${spec?.replicas} available`,
      `${replicas} there`,
      `${updatedReplicas} updated`,
    ].join(', ');
  },
  unfinished,
  outcome: ({ metadata, spec, status }, pods) => [
    `deployment ${metadata.name} with ${status?.availableReplicas ?? 0} of ${spec?.replicas} available`,
    ...pods.map((pod) => `pod of deployment ${metadata.name} ${imageOf(pod)} ${pod.status?.phase}`),
  ],
};

function generate(random: Random, name: string): DeploymentShape {
  const replicas = 1 + random.int(MOST_REPLICAS);
  const [maxSurge, maxUnavailable] = pick<readonly [number | string, number | string]>(random, [
    ['25%', '25%'],
    [1, 0],
    [0, 1],
    [2, 1],
    ['50%', '50%'],
    ['100%', 0],
  ]);
  return {
    kind: 'Deployment',
    name,
    replicas,
    strategy: random.next() < 0.8 ? 'RollingUpdate' : 'Recreate',
    maxSurge,
    maxUnavailable,
    minReadySeconds: random.next() < 0.2 ? 1 + random.int(10) : 0,
    history: random.next() < 0.3 ? random.int(3) : 10,
    ...(random.next() < 0.5 ? { budget: generateBudget(random, replicas) } : {}),
  };
}

function objectOf({ name, replicas, strategy, maxSurge, maxUnavailable, minReadySeconds, history }: DeploymentShape): Deployment {
  return {
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas,
      minReadySeconds,
      revisionHistoryLimit: history,
      selector: { matchLabels: labelsOf(name) },
      strategy: strategy === 'Recreate' ? { type: strategy } : { type: strategy, rollingUpdate: { maxSurge, maxUnavailable } },
      template: serverTemplate(name),
    },
  };
}

function* smaller(shape: DeploymentShape): Generator<DeploymentShape> {
  if (shape.budget) yield { ...shape, budget: undefined };
  if (shape.minReadySeconds > 0) yield { ...shape, minReadySeconds: 0 };
  if (shape.history !== 10) yield { ...shape, history: 10 };
  if (shape.maxSurge !== 1 || shape.maxUnavailable !== 0) yield { ...shape, maxSurge: 1, maxUnavailable: 0 };
  if (shape.replicas > 1) yield { ...shape, replicas: shape.replicas - 1 };
}

function describe({ name, replicas, strategy, maxSurge, maxUnavailable, minReadySeconds, history, budget }: DeploymentShape): string {
  const details = [
    `${replicas} replicas`,
    ...(strategy === 'Recreate' ? ['Recreate'] : [`maxSurge ${maxSurge}`, `maxUnavailable ${maxUnavailable}`]),
    ...(minReadySeconds > 0 ? [`minReadySeconds ${minReadySeconds}`] : []),
    ...(history === 10 ? [] : [`revisionHistoryLimit ${history}`]),
    ...describeBudget(budget),
  ];
  return `Deployment ${name}: ${details.join(', ')}`;
}

function unfinished({ metadata, spec, status }: Deployment, pods: readonly Pod[]): readonly string[] {
  const { name, generation } = metadata;
  const { replicas = 1, template } = spec ?? {};
  const image = template ? imageOf(template) : '';
  const running = pods.filter((pod) => pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded');
  const problems = running.flatMap((pod) => unsettled(pod, image));
  if (running.length !== replicas) problems.push(`deployment ${name} has ${running.length} pods instead of ${replicas}`);
  if (status?.observedGeneration !== generation) problems.push(`deployment ${name} is not observed`);
  const { replicas: there = 0, updatedReplicas = 0, availableReplicas = 0, unavailableReplicas = 0 } = status ?? {};
  if ([there, updatedReplicas, availableReplicas].some((count) => count !== replicas) || unavailableReplicas !== 0)
    problems.push(`the status of deployment ${name} does not say that all ${replicas} replicas are updated and available`);
  return problems;
}
