// The database itself: a custom resource of the operator that runs it, or a StatefulSet with all that belongs to it.
import type { KubeObject } from '@holdfast/schema';
import type { DesignRequest } from './request.ts';
import { classNameOf } from './storage.ts';

/** Hours of the night, UTC. */
const NIGHTLY = '30 2 * * *';
/** Where no figures are given: what the engines' own guides begin with. */
const RESOURCES = { requests: { cpu: '2', memory: '8Gi' }, limits: { memory: '8Gi' } };

/** The objects, and what must be there before them. */
export interface Database {
  readonly objects: readonly KubeObject[];
  readonly needs: readonly string[];
}

export function databaseObjects(request: DesignRequest): Database {
  switch (request.engine) {
    case 'cockroachdb':
      return { objects: [cockroach(request), velero(request)], needs: ['the CockroachDB operator', 'Velero'] };
    case 'kafka':
      return { objects: [...kafka(request), velero(request)], needs: ['the Strimzi operator', 'Velero'] };
    case 'postgresql':
      return {
        objects: postgresql(request),
        needs: ['the CloudNativePG operator', `Secret ${request.name}-backup with the keys of the bucket`],
      };
    case 'mysql':
      return {
        objects: [mysql(request)],
        needs: ['the Percona operator for MySQL', `Secret ${request.name}-backup with the keys of the bucket`],
      };
    case 'mongodb':
      return {
        objects: [mongodb(request)],
        needs: ['the Percona operator for MongoDB', `Secret ${request.name}-backup with the keys of the bucket`],
      };
    case 'etcd':
      return {
        objects: [...etcd(request), velero(request)],
        needs: [`Secret ${request.name}-tls (tls.crt, tls.key, ca.crt), as cert-manager makes it`, 'Velero'],
      };
  }
}

function claimSpec(request: DesignRequest): Readonly<Record<string, unknown>> {
  return { accessModes: ['ReadWriteOnce'], storageClassName: classNameOf(request), resources: { requests: { storage: request.size } } };
}

function topologyKey({ survive }: DesignRequest): string {
  return survive === 'zone' ? 'topology.kubernetes.io/zone' : 'kubernetes.io/hostname';
}

function resource(request: DesignRequest, apiVersion: string, kind: string, spec: object, name = request.name): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: request.namespace }, spec } as KubeObject;
}

/** Disks of nodes have no snapshots: their files are copied. */
function velero({ name, namespace, storage }: DesignRequest): KubeObject {
  const local = storage === 'local';
  const template = { includedNamespaces: [namespace], snapshotVolumes: !local, defaultVolumesToFsBackup: local, ttl: '720h0m0s' };
  return {
    apiVersion: 'velero.io/v1',
    kind: 'Schedule',
    metadata: { name: `${name}-nightly`, namespace: 'velero' },
    spec: { schedule: NIGHTLY, template },
  } as KubeObject;
}

function cockroach(request: DesignRequest): KubeObject {
  const term = { topologyKey: topologyKey(request), labelSelector: { matchLabels: { 'app.kubernetes.io/instance': request.name } } };
  return resource(request, 'crdb.cockroachlabs.com/v1alpha1', 'CrdbCluster', {
    nodes: request.instances,
    tlsEnabled: true,
    image: { name: 'cockroachdb/cockroach:v24.3.2' },
    resources: RESOURCES,
    affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] } },
    dataStore: { pvc: { spec: { ...claimSpec(request), volumeMode: 'Filesystem' } } },
  });
}

function postgresql(request: DesignRequest): readonly KubeObject[] {
  const { name, instances, size, bucket } = request;
  const key = (part: string): object => ({ name: `${name}-backup`, key: part });
  const barmanObjectStore = {
    destinationPath: bucket,
    s3Credentials: { accessKeyId: key('ACCESS_KEY_ID'), secretAccessKey: key('SECRET_ACCESS_KEY') },
  };
  const cluster = resource(request, 'postgresql.cnpg.io/v1', 'Cluster', {
    instances,
    storage: { size, storageClass: classNameOf(request) },
    resources: RESOURCES,
    affinity: { enablePodAntiAffinity: true, podAntiAffinityType: 'required', topologyKey: topologyKey(request) },
    // With a replica that must confirm, a lost primary loses no acknowledged write.
    ...(instances > 2 ? { minSyncReplicas: 1, maxSyncReplicas: 1 } : {}),
    backup: { barmanObjectStore, retentionPolicy: '30d' },
  });
  // Six fields: seconds come first.
  const schedule = { schedule: `0 ${NIGHTLY}`, backupOwnerReference: 'self', cluster: { name } };
  return [cluster, resource(request, 'postgresql.cnpg.io/v1', 'ScheduledBackup', schedule, `${name}-nightly`)];
}

function s3Storage({ name, bucket = '' }: DesignRequest): object {
  const [place = '', ...prefix] = bucket.replace('s3://', '').split('/');
  return {
    type: 's3',
    s3: { bucket: place, ...(prefix.length > 0 ? { prefix: prefix.join('/') } : {}), credentialsSecret: `${name}-backup` },
  };
}

function mysql(request: DesignRequest): KubeObject {
  return resource(request, 'pxc.percona.com/v1', 'PerconaXtraDBCluster', {
    crVersion: '1.15.0',
    pxc: {
      size: request.instances,
      image: 'percona/percona-xtradb-cluster:8.0.36-28.1',
      resources: RESOURCES,
      gracePeriod: 600,
      affinity: { antiAffinityTopologyKey: topologyKey(request) },
      podDisruptionBudget: { maxUnavailable: 1 },
      volumeSpec: { persistentVolumeClaim: claimSpec(request) },
    },
    haproxy: { enabled: true, size: 3, image: 'percona/haproxy:2.8.5' },
    backup: {
      image: 'percona/percona-xtradb-cluster-operator:1.15.0-pxc8.0-backup',
      storages: { bucket: s3Storage(request) },
      schedule: [{ name: 'nightly', schedule: NIGHTLY, keep: 30, storageName: 'bucket' }],
    },
  });
}

function mongodb(request: DesignRequest): KubeObject {
  return resource(request, 'psmdb.percona.com/v1', 'PerconaServerMongoDB', {
    crVersion: '1.18.0',
    image: 'percona/percona-server-mongodb:7.0.14-8',
    replsets: [
      {
        name: 'rs0',
        size: request.instances,
        resources: RESOURCES,
        affinity: { antiAffinityTopologyKey: topologyKey(request) },
        podDisruptionBudget: { maxUnavailable: 1 },
        volumeSpec: { persistentVolumeClaim: claimSpec(request) },
      },
    ],
    tls: { mode: 'requireTLS' },
    backup: {
      enabled: true,
      image: 'percona/percona-backup-mongodb:2.7.0',
      storages: { bucket: s3Storage(request) },
      tasks: [{ name: 'nightly', enabled: true, schedule: NIGHTLY, keep: 30, storageName: 'bucket' }],
    },
  });
}

function kafka(request: DesignRequest): readonly KubeObject[] {
  const { name, namespace, instances, size } = request;
  const rack = { topologyKey: topologyKey(request) };
  const cluster = {
    kafka: {
      version: '3.8.0',
      listeners: [{ name: 'tls', port: 9093, type: 'internal', tls: true }],
      rack,
      config: {
        'default.replication.factor': 3,
        'min.insync.replicas': 2,
        'offsets.topic.replication.factor': 3,
        'transaction.state.log.replication.factor': 3,
        'transaction.state.log.min.isr': 2,
      },
    },
  };
  const annotations = { 'strimzi.io/kraft': 'enabled', 'strimzi.io/node-pools': 'enabled' };
  const pool = {
    replicas: instances,
    // Every instance is both, so there must be an odd number of them.
    roles: ['controller', 'broker'],
    resources: RESOURCES,
    storage: { type: 'persistent-claim', size, class: classNameOf(request), deleteClaim: false },
  };
  const metadata = { name: `${name}-pool`, namespace, labels: { 'strimzi.io/cluster': name } };
  const owner = resource(request, 'kafka.strimzi.io/v1beta2', 'Kafka', cluster);
  return [
    { ...owner, metadata: { ...owner.metadata, annotations } },
    { apiVersion: 'kafka.strimzi.io/v1beta2', kind: 'KafkaNodePool', metadata, spec: pool } as KubeObject,
  ];
}

function etcd(request: DesignRequest): readonly KubeObject[] {
  const { name, namespace, instances } = request;
  const labels = { 'app.kubernetes.io/name': 'etcd', 'app.kubernetes.io/instance': name };
  const selector = { matchLabels: labels };
  const peers = Array.from(
    { length: instances },
    (_, ordinal) => `${name}-${ordinal}=https://${name}-${ordinal}.${name}.${namespace}.svc:2380`,
  );
  const tls = (of: string): readonly string[] => [
    `--${of}cert-file=/tls/tls.crt`,
    `--${of}key-file=/tls/tls.key`,
    `--${of}trusted-ca-file=/tls/ca.crt`,
    `--${of}client-cert-auth`,
  ];
  const health = (path: string): object => ({ httpGet: { path, port: 2381 }, periodSeconds: 10, failureThreshold: 6 });
  const container = {
    name: 'etcd',
    image: 'quay.io/coreos/etcd:v3.5.16',
    args: [
      'etcd',
      '--name=$(POD_NAME)',
      '--data-dir=/var/lib/etcd/data',
      '--listen-client-urls=https://0.0.0.0:2379',
      `--advertise-client-urls=https://$(POD_NAME).${name}.${namespace}.svc:2379`,
      '--listen-peer-urls=https://0.0.0.0:2380',
      `--initial-advertise-peer-urls=https://$(POD_NAME).${name}.${namespace}.svc:2380`,
      '--listen-metrics-urls=http://0.0.0.0:2381',
      `--initial-cluster=${peers.join(',')}`,
      `--initial-cluster-token=${name}`,
      ...tls(''),
      ...tls('peer-'),
    ],
    env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    ports: [
      { name: 'client', containerPort: 2379 },
      { name: 'peer', containerPort: 2380 },
    ],
    resources: { requests: { cpu: '1', memory: '4Gi' }, limits: { memory: '4Gi' } },
    readinessProbe: health('/readyz'),
    livenessProbe: health('/livez'),
    startupProbe: { httpGet: { path: '/readyz', port: 2381 }, periodSeconds: 10, failureThreshold: 60 },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: [
      { name: 'data', mountPath: '/var/lib/etcd' },
      { name: 'tls', mountPath: '/tls', readOnly: true },
    ],
  };
  const template = {
    metadata: { labels },
    spec: {
      terminationGracePeriodSeconds: 60,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000, fsGroupChangePolicy: 'OnRootMismatch' },
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: topologyKey(request), labelSelector: selector }],
        },
      },
      containers: [container],
      volumes: [{ name: 'tls', secret: { secretName: `${name}-tls` } }],
    },
  };
  return [
    resource(request, 'v1', 'Service', {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: labels,
      ports: [
        { name: 'client', port: 2379 },
        { name: 'peer', port: 2380 },
      ],
    }),
    resource(request, 'policy/v1', 'PodDisruptionBudget', { maxUnavailable: 1, selector }),
    resource(request, 'apps/v1', 'StatefulSet', {
      serviceName: name,
      replicas: instances,
      podManagementPolicy: 'Parallel',
      selector,
      template,
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claimSpec(request) }],
    }),
  ];
}
