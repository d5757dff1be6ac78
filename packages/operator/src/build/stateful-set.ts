// The StatefulSet that runs the nodes.
import {
  canonicalQuantity,
  type Container,
  type EnvVar,
  type PodSpec,
  type ResourceRequirements,
  type StatefulSet,
} from '@holdfast/schema';
import { type CrdbCluster, IMAGE_ANNOTATION, VERSION_ANNOTATION } from '../api/crdb-cluster.ts';
import { type DefaultedSpec, withDefaults } from '../api/defaults.ts';
import type { ResolvedImage } from '../api/image.ts';
import { managedMetadata, namesOf, selectorLabels } from './names.ts';
import { INSECURE, startCommand } from './start-command.ts';

/** Name of the database's container. */
export const CONTAINER = 'db';
/** Name of the claims' template and of the volume. */
export const DATA = 'datadir';
const DATA_PATH = '/cockroach/cockroach-data/';
/** User and group of the image. */
const USER = 1000581000;

/** What the StatefulSet depends on besides the cluster's spec. */
export interface StatefulSetInputs extends ResolvedImage {
  /** COCKROACH_CHANNEL: fixed when the set is made, since a change restarts every node. */
  readonly channel: string;
  /** The logging configuration of spec.logConfigMap. */
  readonly logging: string | undefined;
  /** CRDB_* of the operator's own environment, without the prefix. */
  readonly extraEnv: readonly EnvVar[];
}

export function buildStatefulSet(cluster: CrdbCluster, inputs: StatefulSetInputs): StatefulSet {
  const spec = withDefaults(cluster.spec);
  const { image, version } = inputs;
  const { statefulSet, discovery } = namesOf(cluster.metadata.name ?? '');
  const labels = selectorLabels(cluster);
  const annotations = spec.additionalAnnotations;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: managedMetadata(cluster, statefulSet, version, { [VERSION_ANNOTATION]: version, [IMAGE_ANNOTATION]: image }),
    spec: {
      serviceName: discovery,
      replicas: spec.nodes,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: {} },
      selector: { matchLabels: labels },
      template: { metadata: { labels, ...(annotations ? { annotations } : {}) }, spec: podSpec(cluster, spec, inputs) },
      ...(spec.dataStore.pvc?.spec
        ? { volumeClaimTemplates: [{ metadata: { name: DATA, labels }, spec: claimSpec(spec.dataStore.pvc.spec) }] }
        : {}),
    },
  };
}

function podSpec(cluster: CrdbCluster, spec: DefaultedSpec, inputs: StatefulSetInputs): PodSpec {
  const { hostPath } = spec.dataStore;
  return {
    securityContext: { runAsUser: USER, fsGroup: USER },
    serviceAccountName: namesOf(cluster.metadata.name ?? '').serviceAccount,
    automountServiceAccountToken: spec.automountServiceAccountToken ?? false,
    terminationGracePeriodSeconds: spec.terminationGracePeriodSecs,
    containers: [databaseContainer(cluster, spec, inputs)],
    ...(hostPath ? { volumes: [{ name: DATA, hostPath }] } : {}),
    ...(spec.image?.pullSecret ? { imagePullSecrets: [{ name: spec.image.pullSecret }] } : {}),
    ...(spec.priorityClassName ? { priorityClassName: spec.priorityClassName } : {}),
    ...(spec.nodeSelector ? { nodeSelector: spec.nodeSelector } : {}),
    ...(spec.affinity ? { affinity: spec.affinity } : {}),
    ...(spec.tolerations ? { tolerations: spec.tolerations } : {}),
    ...(spec.topologySpreadConstraints ? { topologySpreadConstraints: spec.topologySpreadConstraints } : {}),
  };
}

function databaseContainer(
  cluster: CrdbCluster,
  spec: DefaultedSpec,
  { image, version, channel, logging, extraEnv }: StatefulSetInputs,
): Container {
  return {
    name: CONTAINER,
    image,
    imagePullPolicy: spec.image?.pullPolicy ?? 'IfNotPresent',
    command: startCommand(cluster, version, logging),
    env: environment(spec, channel, extraEnv),
    ports: [
      { name: 'grpc', containerPort: spec.grpcPort, protocol: 'TCP' },
      { name: 'http', containerPort: spec.httpPort, protocol: 'TCP' },
      { name: 'sql', containerPort: spec.sqlPort, protocol: 'TCP' },
    ],
    resources: canonicalResources(spec.resources ?? {}),
    readinessProbe: {
      httpGet: { path: '/health?ready=1', port: 'http', scheme: 'HTTP' },
      initialDelaySeconds: 10,
      periodSeconds: 5,
      failureThreshold: 2,
    },
    // Leases and connections move away before the process is told to end.
    lifecycle: { preStop: { exec: { command: ['sh', '-c', `/cockroach/cockroach node drain ${INSECURE} || exit 0`] } } },
    volumeMounts: [{ name: DATA, mountPath: DATA_PATH }],
  };
}

function environment(spec: DefaultedSpec, channel: string, extraEnv: readonly EnvVar[]): readonly EnvVar[] {
  return [
    { name: 'COCKROACH_CHANNEL', value: channel },
    { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    { name: 'GOMAXPROCS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1' } } },
    { name: 'MEMORY_LIMIT_MIB', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
    ...extraEnv,
    ...(spec.podEnvVariables ?? []),
  ];
}

type ClaimSpec = NonNullable<NonNullable<CrdbCluster['spec']['dataStore']['pvc']>['spec']>;

function claimSpec(spec: ClaimSpec): ClaimSpec {
  return { ...spec, resources: canonicalResources(spec.resources ?? {}) };
}

/** The server keeps quantities in their canonical form; writing them so makes what is there comparable. */
function canonicalResources<R extends Pick<ResourceRequirements, 'limits' | 'requests'>>(resources: R): R {
  const canonical = (list: ResourceRequirements['limits']): ResourceRequirements['limits'] =>
    list && Object.fromEntries(Object.entries(list).map(([name, quantity]) => [name, canonicalQuantity(quantity)]));
  return {
    ...resources,
    ...(resources.limits ? { limits: canonical(resources.limits) } : {}),
    ...(resources.requests ? { requests: canonical(resources.requests) } : {}),
  };
}
