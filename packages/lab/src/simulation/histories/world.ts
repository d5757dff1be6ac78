// The small world of a history: nodes, sets with their disks and budgets, and how long its containers take.
import {
  type KubeObject,
  PERSISTENTVOLUMES,
  PODDISRUPTIONBUDGETS,
  type PersistentVolume,
  type PodDisruptionBudget,
  type ResourceType,
  SERVICES,
  STATEFULSETS,
  type StatefulSet,
  STORAGECLASSES,
} from '@holdfast/schema';

export const NAMESPACE = 'default';
const CLASS = 'local';

/** A StatefulSet of a world. */
export interface SetShape {
  readonly name: string;
  readonly policy: 'OrderedReady' | 'Parallel';
  readonly replicas: number;
  /** Whether each pod has a claim on a local volume with reclaim policy Retain. */
  readonly storage: boolean;
  readonly strategy: 'RollingUpdate' | 'OnDelete';
  readonly partition: number;
  readonly minReadySeconds: number;
  readonly whenScaled: 'Retain' | 'Delete';
  readonly whenDeleted: 'Retain' | 'Delete';
  readonly budget?: Budget | undefined;
}

export type Budget = { readonly minAvailable: number | string } | { readonly maxUnavailable: number | string };

/** Plain data, so that it can be written down, compared and made smaller. */
export interface World {
  /** node-0, node-1, … */
  readonly nodes: number;
  /** Disks of each node. */
  readonly disks: number;
  readonly sets: readonly SetShape[];
  /**
   * Accounts of the controllers that are programs of their own. A controller whose way to the API no fault touches
   * does the same whether it shares that way or not, so only those are apart that something happens to.
   */
  readonly apart: readonly string[];
  /** Milliseconds that a container takes to start, to become ready, and to end after SIGTERM. */
  readonly startMs: number;
  readonly readyMs: number;
  readonly stopMs: number;
}

export function nodeName(index: number): string {
  return `node-${index}`;
}

/** Everything that a fault can name. */
export function programsOf({ nodes, apart }: World): readonly string[] {
  return ['controllers', ...apart, 'scheduler', ...Array.from({ length: nodes }, (_, index) => nodeName(index))];
}

/** Images of which nobody has any: a rollout to one cannot succeed. */
export const BAD_IMAGE = 'registry.example/db:missing';

export function goodImage(version: number): string {
  return `registry.example/db:${version}`;
}

/** Everything that a world begins with, in the order of creation. */
export function objectsOf(world: World): readonly (readonly [ResourceType, KubeObject])[] {
  const storageClass = {
    metadata: { name: CLASS },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
    reclaimPolicy: 'Retain',
  };
  const stored = world.sets.some(({ storage }) => storage);
  return [
    ...(stored ? [pair(STORAGECLASSES, storageClass), ...volumesOf(world).map((volume) => pair(PERSISTENTVOLUMES, volume))] : []),
    ...world.sets.flatMap((shape) => [
      pair(SERVICES, { metadata: { name: shape.name, namespace: NAMESPACE }, spec: { clusterIP: 'None', selector: { set: shape.name } } }),
      ...(shape.budget ? [pair(PODDISRUPTIONBUDGETS, budgetObject(shape.name, shape.budget))] : []),
      pair(STATEFULSETS, setObject(shape)),
    ]),
  ];
}

function pair<T extends KubeObject>(type: ResourceType<T>, object: T): readonly [ResourceType, KubeObject] {
  // A pair forgets which kind it is of; what is created is what was paired here.
  return [type as unknown as ResourceType, object];
}

function volumesOf({ nodes, disks }: World): readonly PersistentVolume[] {
  return Array.from({ length: nodes * disks }, (_, index) => {
    const node = nodeName(Math.floor(index / disks));
    const disk = index % disks;
    return {
      metadata: { name: `${node}-disk-${disk}` },
      spec: {
        capacity: { storage: '10Gi' },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: CLASS,
        local: { path: `/disks/${disk}` },
        nodeAffinity: {
          required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }] },
        },
      },
    };
  });
}

function budgetObject(name: string, budget: Budget): PodDisruptionBudget {
  return { metadata: { name, namespace: NAMESPACE }, spec: { ...budget, selector: { matchLabels: { set: name } } } };
}

/** A set as its owner wrote it. */
export function setObject(shape: SetShape, image: string = goodImage(1)): StatefulSet {
  const labels = { set: shape.name };
  const { name, policy, replicas, storage, strategy, partition, minReadySeconds, whenScaled, whenDeleted } = shape;
  return {
    metadata: { name, namespace: NAMESPACE },
    spec: {
      serviceName: name,
      podManagementPolicy: policy,
      replicas,
      minReadySeconds,
      selector: { matchLabels: labels },
      updateStrategy: strategy === 'OnDelete' ? { type: strategy } : { type: strategy, rollingUpdate: { partition } },
      persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 10,
          containers: [
            {
              name: 'db',
              image,
              resources: { requests: { cpu: '100m' } },
              readinessProbe: { exec: { command: ['ready'] }, periodSeconds: 5 },
              livenessProbe: { exec: { command: ['alive'] }, periodSeconds: 10, failureThreshold: 2 },
              ...(storage ? { volumeMounts: [{ name: 'data', mountPath: '/data' }] } : {}),
            },
          ],
        },
      },
      ...(storage ? { volumeClaimTemplates: [claimTemplate()] } : {}),
    },
  };
}

function claimTemplate(): NonNullable<NonNullable<StatefulSet['spec']>['volumeClaimTemplates']>[number] {
  return {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: CLASS, resources: { requests: { storage: '1Gi' } } },
  };
}
