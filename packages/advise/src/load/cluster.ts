// Loads a live cluster through lists only. Kinds that may not be listed are remembered; kinds the cluster does not have are no problem.
import type { Client } from '@holdfast/client';
import { apiVersionOf, type KubeObject, type ResourceType, StatusError } from '@holdfast/schema';
import { withoutDuplicates } from './load.ts';
import type { Loaded, LoadProblem } from './loaded.ts';
import type { SourcedObject } from '../model/sourced-object.ts';

/** Everything that rules read. docs/checks.md gives a role with exactly these. */
export const LISTED: readonly ResourceType[] = [
  type('', 'v1', 'nodes', 'Node', false),
  type('', 'v1', 'persistentvolumes', 'PersistentVolume', false),
  type('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', true),
  type('', 'v1', 'services', 'Service', true),
  type('', 'v1', 'pods', 'Pod', true),
  type('apps', 'v1', 'statefulsets', 'StatefulSet', true),
  type('apps', 'v1', 'deployments', 'Deployment', true),
  type('apps', 'v1', 'daemonsets', 'DaemonSet', true),
  type('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget', true),
  type('storage.k8s.io', 'v1', 'storageclasses', 'StorageClass', false),
  type('snapshot.storage.k8s.io', 'v1', 'volumesnapshots', 'VolumeSnapshot', true),
  type('snapshot.storage.k8s.io', 'v1', 'volumesnapshotclasses', 'VolumeSnapshotClass', false),
  type('velero.io', 'v1', 'schedules', 'Schedule', true),
  type('velero.io', 'v1', 'restores', 'Restore', true),
  type('batch', 'v1', 'cronjobs', 'CronJob', true),
  type('k8up.io', 'v1', 'schedules', 'Schedule', true),
  type('volsync.backube', 'v1alpha1', 'replicationsources', 'ReplicationSource', true),
  type('snapscheduler.backube', 'v1', 'snapshotschedules', 'SnapshotSchedule', true),
  type('dataprotection.kubeblocks.io', 'v1alpha1', 'backupschedules', 'BackupSchedule', true),
  type('chaos-mesh.org', 'v1alpha1', 'podchaos', 'PodChaos', true),
  type('chaos-mesh.org', 'v1alpha1', 'networkchaos', 'NetworkChaos', true),
  type('chaos-mesh.org', 'v1alpha1', 'schedules', 'Schedule', true),
  type('litmuschaos.io', 'v1alpha1', 'chaosengines', 'ChaosEngine', true),
  type('crdb.cockroachlabs.com', 'v1alpha1', 'crdbclusters', 'CrdbCluster', true),
  type('postgresql.cnpg.io', 'v1', 'clusters', 'Cluster', true),
  type('postgresql.cnpg.io', 'v1', 'scheduledbackups', 'ScheduledBackup', true),
  type('kafka.strimzi.io', 'v1beta2', 'kafkas', 'Kafka', true),
  type('kafka.strimzi.io', 'v1beta2', 'kafkanodepools', 'KafkaNodePool', true),
  type('pxc.percona.com', 'v1', 'perconaxtradbclusters', 'PerconaXtraDBCluster', true),
  type('psmdb.percona.com', 'v1', 'perconaservermongodbs', 'PerconaServerMongoDB', true),
  type('pgv2.percona.com', 'v2', 'perconapgclusters', 'PerconaPGCluster', true),
  type('postgres-operator.crunchydata.com', 'v1beta1', 'postgresclusters', 'PostgresCluster', true),
  type('databases.spotahome.com', 'v1', 'redisfailovers', 'RedisFailover', true),
  type('apps.kubeblocks.io', 'v1', 'clusters', 'Cluster', true),
];

/** Lists page by page. Rejects when the server cannot be reached at all, or knows us not. */
export async function loadCluster(client: Client, context: string): Promise<Loaded> {
  const objects: SourcedObject[] = [];
  const problems: LoadProblem[] = [];
  const notListed = new Set<string>();
  const file = `context/${context}`;
  for (const one of LISTED) {
    try {
      for await (const object of pages(client, one)) objects.push(live(object, one, file));
    } catch (error) {
      if (!(error instanceof StatusError) || error.code === 401) throw error;
      if (error.code === 404) continue;
      notListed.add(one.kind);
      problems.push({
        file,
        line: 1,
        column: 1,
        message: `${one.resource}${one.group ? `.${one.group}` : ''} could not be listed: ${error.message}`,
      });
    }
  }
  return { ...withoutDuplicates(objects), problems, notListed, live: true };
}

async function* pages(client: Client, one: ResourceType): AsyncIterable<KubeObject> {
  let next: string | undefined;
  do {
    const page = await client.list(one, { limit: 500, ...(next ? { continue: next } : {}) });
    yield* page.items;
    next = page.metadata.continue;
  } while (next);
}

function live(object: KubeObject, one: ResourceType, file: string): SourcedObject {
  const { name = '', namespace = '' } = object.metadata;
  return {
    object,
    apiVersion: apiVersionOf(one),
    kind: one.kind,
    namespace,
    name,
    file,
    origin: undefined,
    place: () => ({ line: 1, column: 1 }),
  };
}

function type(group: string, version: string, resource: string, kind: string, namespaced: boolean): ResourceType {
  return { group, version, resource, kind, namespaced };
}
