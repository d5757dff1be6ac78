// Clusters and pods for tests.
import type { Pod } from '@holdfast/schema';
import type { CrdbCluster, CrdbClusterSpec } from '../api/crdb-cluster.ts';
import type { Observed } from './observed.ts';

export const EXERCISE_SPEC: CrdbClusterSpec = {
  dataStore: {
    pvc: {
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '10Gi' } },
        storageClassName: 'local-nvme',
        volumeMode: 'Filesystem',
      },
    },
  },
  resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '1Gi' } },
  tlsEnabled: false,
  image: { name: 'cockroachdb/cockroach:v24.3.2' },
  nodes: 3,
};

export function clusterOf(spec: Partial<CrdbClusterSpec> = {}, more: Partial<CrdbCluster> = {}): CrdbCluster {
  return {
    apiVersion: 'crdb.cockroachlabs.com/v1alpha1',
    kind: 'CrdbCluster',
    metadata: { name: 'cockroachdb', namespace: 'default', uid: 'cluster-uid' },
    spec: { ...EXERCISE_SPEC, ...spec },
    ...more,
  };
}

export function observedOf(cluster: CrdbCluster, more: Partial<Observed> = {}): Observed {
  return {
    cluster,
    objects: {},
    pods: [],
    channel: 'kubernetes-operator-unknown',
    logging: {},
    settings: { supported: new Map(), extraEnv: [] },
    ...more,
  };
}

export type PodState = 'pending' | 'running' | 'ready' | 'badImage';

export function podOf(ordinal: number, state: PodState): Pod {
  const metadata = { name: `cockroachdb-${ordinal}`, namespace: 'default', uid: `pod-${ordinal}` };
  const image = 'cockroachdb/cockroach:v24.3.2';
  const status = { name: 'db', image, imageID: image, ready: state === 'ready', restartCount: 0 };
  if (state === 'pending') {
    const message = '0/4 nodes are available: 4 node(s) were unschedulable.';
    return {
      metadata,
      status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] },
    };
  }
  if (state === 'badImage') {
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image' };
    return { metadata, status: { phase: 'Pending', containerStatuses: [{ ...status, state: { waiting } }] } };
  }
  return {
    metadata,
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: state === 'ready' ? 'True' : 'False' }],
      containerStatuses: [{ ...status, state: { running: {} } }],
    },
  };
}
