// How long a StatefulSet of 50 replicas on local volumes takes on 50 simulated nodes, in real time.
// Run: npm run bench -- statefulset
import { systemClock } from '@holdfast/clock';
import {
  NODES,
  PERSISTENTVOLUMES,
  type PersistentVolume,
  PODS,
  SERVICES,
  STATEFULSETS,
  type StatefulSet,
  STORAGECLASSES,
} from '@holdfast/schema';
import { simulatedCluster, untilReady, untilSo } from './simulated-cluster.ts';

const REPLICAS = 50;
const DISK = '/mnt/disks/ssd0';

/** Milliseconds from the creation of the set until all its pods are Ready. */
export async function statefulSetMs(podManagementPolicy: 'OrderedReady' | 'Parallel', replicas: number = REPLICAS): Promise<number> {
  const clock = systemClock();
  const { cluster, end } = await simulatedCluster(clock, replicas, DISK);
  try {
    await cluster.start();
    const { client } = cluster;
    await untilReady(cluster, clock, NODES, replicas);
    await client.create(STORAGECLASSES, {
      metadata: { name: 'local' },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
      reclaimPolicy: 'Retain',
    });
    for (let index = 1; index <= replicas; index++) await client.create(PERSISTENTVOLUMES, localVolume(index));
    // Pods that come before their volumes are there wait out a back-off of a second, as on any cluster.
    await untilSo(cluster, clock, PERSISTENTVOLUMES, replicas, ({ status }) => status?.phase === 'Available');
    await client.create(SERVICES, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { clusterIP: 'None', selector: { app: 'web' }, ports: [{ port: 80 }] },
    });
    const started = clock.now();
    await client.create(STATEFULSETS, statefulSet(podManagementPolicy, replicas));
    await untilReady(cluster, clock, PODS, replicas);
    return clock.now() - started;
  } finally {
    await end();
  }
}

function localVolume(index: number): PersistentVolume {
  return {
    metadata: { name: `pv-${index}` },
    spec: {
      capacity: { storage: '10Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: 'local',
      local: { path: DISK },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [`node-${index}`] }] }],
        },
      },
    },
  };
}

function statefulSet(podManagementPolicy: string, replicas: number): StatefulSet {
  return {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      serviceName: 'web',
      replicas,
      podManagementPolicy,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            {
              name: 'c',
              image: 'web:1',
              resources: { requests: { cpu: '100m', memory: '128Mi' } },
              volumeMounts: [{ name: 'data', mountPath: '/data' }],
            },
          ],
        },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'local', resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  };
}
