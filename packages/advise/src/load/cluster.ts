// Loads a live cluster through lists only. Kinds that may not be listed are remembered; kinds the cluster does not have are no problem.
import type { Client } from '@holdfast/client';
import { apiVersionOf, isRecord, type KubeObject, type ResourceType, StatusError } from '@holdfast/schema';
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
  type('autoscaling', 'v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', true),
  type('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget', true),
  type('apiextensions.k8s.io', 'v1', 'customresourcedefinitions', 'CustomResourceDefinition', false),
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

/**
 * Lists page by page: kinds in the version named above, or in the one that the server prefers where it no longer has that. A server that
 * does not say what it has is asked for the versions above alone, which is a problem of its own. Rejects when the server cannot be
 * reached at all, or knows us not.
 */
export async function loadCluster(client: Client, context: string): Promise<Loaded> {
  const objects: SourcedObject[] = [];
  const problems: LoadProblem[] = [];
  const notListed = new Set<string>();
  const file = `context/${context}`;
  const problem = (message: string): unknown => problems.push({ file, line: 1, column: 1, message });
  const versions = await versionsOf(client, (why) =>
    problem(`the server does not say which kinds it has (${why}): custom resources in versions that holdfast does not know are not seen`),
  );
  for (const one of LISTED.flatMap((known) => served(known, versions))) {
    try {
      for await (const object of pages(client, one)) objects.push(live(object, one, file));
    } catch (error) {
      if (!(error instanceof StatusError) || error.code === 401) throw error;
      if (error.code === 404) continue;
      notListed.add(one.kind);
      problem(`${one.resource}${one.group ? `.${one.group}` : ''} could not be listed: ${error.message}`);
    }
  }
  return { ...withoutDuplicates(objects), problems, notListed, live: true };
}

/** Versions of each group with a name, the preferred one first. undefined where the server does not tell. */
type Versions = ReadonlyMap<string, readonly string[]> | undefined;

async function versionsOf(client: Client, refused: (why: string) => unknown): Promise<Versions> {
  try {
    const list = await client.raw('/apis');
    const groups = isRecord(list) && Array.isArray(list['groups']) ? list['groups'].filter(isRecord) : [];
    return new Map(
      groups.map(({ name, versions = [], preferredVersion }) => {
        const all = [preferredVersion, ...(Array.isArray(versions) ? (versions as readonly unknown[]) : [])];
        return [String(name), all.flatMap((one) => (isRecord(one) && typeof one['version'] === 'string' ? [one['version']] : []))] as const;
      }),
    );
  } catch (error) {
    if (!(error instanceof StatusError) || error.code === 401) throw error;
    refused(error.message);
    return undefined;
  }
}

/** The resource as the server has it; none where its group is not there. */
function served(known: ResourceType, versions: Versions): readonly ResourceType[] {
  if (versions === undefined || known.group === '') return [known];
  const all = versions.get(known.group) ?? [];
  const [preferred] = all;
  return all.includes(known.version) ? [known] : preferred === undefined ? [] : [{ ...known, version: preferred }];
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
