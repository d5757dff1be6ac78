// Which backups cover a workload: schedules of backup tools and of operators, by their fields.
import { type KubeObject, labelSelector, type LabelSelector } from '@holdfast/schema';
import type { Graph } from './graph.ts';
import { reachOf } from './locality.ts';
import { claimNames } from './claim-names.ts';
import { podLabels } from './selection.ts';
import { type SourcedObject, titleOf } from './sourced-object.ts';
import { listAt, textAt, valueAt } from './value-at.ts';
import type { Workload } from './workload.ts';
import type { Evidence } from '../rule.ts';

/** On a workload whose backups are made where no check sees them: where. */
const BACKUP_ANNOTATION = 'holdfast.dev/backup';

/** What backs the workload up, and what only seems to. */
export interface Backups {
  readonly covering: readonly Evidence[];
  readonly missing: readonly Evidence[];
}

/** Everything among the objects that concerns the workload's data. */
export function backupsOf(graph: Graph, workload: Workload): Backups {
  const found = [
    ...told(workload),
    ...ownSection(workload),
    ...namedSchedules(graph, workload),
    ...inNamespace(graph, workload),
    ...withinPod(workload),
    ...fromVelero(graph, workload),
  ];
  return {
    covering: found.filter(({ covers }) => covers).map(({ evidence }) => evidence),
    missing: found.filter(({ covers }) => !covers).map(({ evidence }) => evidence),
  };
}

interface Found {
  readonly covers: boolean;
  readonly evidence: Evidence;
}

function covering(object: SourcedObject, path: Evidence['path'], says: string): Found {
  return { covers: true, evidence: { object, path, says } };
}

function told({ source }: Workload): readonly Found[] {
  const where = source.object.metadata.annotations?.[BACKUP_ANNOTATION];
  return where ? [covering(source, ['metadata', 'annotations', BACKUP_ANNOTATION], `is backed up by ${where}`)] : [];
}

/** Sections of custom resources that schedule backups by themselves. */
const SECTIONS: readonly (readonly string[])[] = [
  ['spec', 'backup', 'schedule'],
  ['spec', 'backup', 'tasks'],
  ['spec', 'backup', 'cronExpression'],
];

function ownSection({ source }: Workload): readonly Found[] {
  const sections = SECTIONS.filter((path) => {
    const value = valueAt(source.object, path);
    const enabled = valueAt(source.object, ['spec', 'backup', 'enabled']) !== false;
    return enabled && (typeof value === 'string' || (Array.isArray(value) && value.length > 0));
  }).map((path) => covering(source, path, 'schedules backups'));
  const repositories = listAt(source.object, ['spec', 'backups', 'pgbackrest', 'repos']).flatMap((repository, index) =>
    valueAt(repository, ['schedules']) === undefined
      ? []
      : [covering(source, ['spec', 'backups', 'pgbackrest', 'repos', index, 'schedules'], 'schedules backups')],
  );
  return [...sections, ...repositories];
}

/** Schedules that name the workload, or one of its claims. */
function namedSchedules(graph: Graph, { source, storage, replicas }: Workload): readonly Found[] {
  const claims = new Set(
    storage.flatMap(({ name, claimName }) => (claimName === undefined ? claimNames(name, source.name, replicas) : [claimName])),
  );
  const names = (kind: string, path: readonly string[], wanted: (name: string) => boolean): readonly Found[] =>
    graph
      .inNamespace(kind, source.namespace)
      .filter(({ object }) => wanted(textAt(object, path) ?? ''))
      .map((object) => covering(object, path, 'names it'));
  return [
    ...names('ScheduledBackup', ['spec', 'cluster', 'name'], (name) => name === source.name),
    ...names('ReplicationSource', ['spec', 'sourcePVC'], (name) => claims.has(name)),
    ...graph
      .inNamespace('BackupSchedule', source.namespace)
      .filter(({ object }) => (textAt(object, ['spec', 'backupPolicyName']) ?? '').startsWith(source.name))
      .map((object) => covering(object, ['spec', 'backupPolicyName'], 'schedules its backups')),
  ];
}

/** Tools that back up claims of their namespace, and CronJobs that run an engine's own tool. */
function inNamespace(graph: Graph, workload: Workload): readonly Found[] {
  const { source } = workload;
  const snapshots = graph
    .inNamespace('SnapshotSchedule', source.namespace)
    .filter(({ object }) => selects(valueAt(object, ['spec', 'claimSelector']), podLabels(workload)))
    .map((object) => covering(object, ['spec', 'claimSelector'], 'snapshots its claims'));
  const k8up = graph
    .inNamespace('Schedule', source.namespace)
    .filter(({ apiVersion, object }) => apiVersion.startsWith('k8up.io/') && valueAt(object, ['spec', 'backup']) !== undefined)
    .map((object) => covering(object, ['spec', 'backup'], 'backs up the claims of the namespace'));
  const jobs = graph
    .inNamespace('CronJob', source.namespace)
    .filter(({ object, name }) => runsBackup(object, name, source.name))
    .map((object) => covering(object, ['spec', 'jobTemplate'], 'runs a backup'));
  return [...snapshots, ...k8up, ...jobs];
}

const TOOLS =
  /pg_?dump|pg_basebackup|pgbackrest|barman|wal-[ge]|mysqldump|mariabackup|xtrabackup|mongodump|pbm\b|etcdctl.*snapshot|BACKUP (INTO|TO|DATABASE)|clickhouse-backup|medusa|redis-cli.*(--rdb|bgsave)|restic|velero|elasticdump|_snapshot/i;

/** By the tool and the workload's name in the command or in the job's own name. */
function runsBackup(job: KubeObject, jobName: string, workloadName: string): boolean {
  const pod = ['spec', 'jobTemplate', 'spec', 'template', 'spec'];
  if (valueAt(job, ['spec', 'suspend']) === true) return false;
  const text = JSON.stringify(listAt(job, [...pod, 'containers']));
  return (TOOLS.test(text) || /backup/i.test(jobName)) && (text.includes(workloadName) || jobName.includes(workloadName));
}

/** Sidecars and settings that archive the log. */
function withinPod({ source, template }: Workload): readonly Found[] {
  if (!template) return [];
  const archives = /^(WAL_S3_BUCKET|WALG_|AWS_S3_BUCKET_WALG|BACKUP_SCHEDULE|PGBACKREST_)/;
  return (template.value.spec?.containers ?? []).flatMap(({ name, image = '', env = [] }, index) => {
    const path = [...template.path, 'spec', 'containers', index];
    if (/backup|wal-g|pgbackrest|medusa/i.test(`${name} ${image}`)) return [covering(source, path, `container ${name} makes backups`)];
    return env.some((one) => archives.test(one.name)) ? [covering(source, [...path, 'env'], 'archives its log')] : [];
  });
}

function fromVelero(graph: Graph, workload: Workload): readonly Found[] {
  return graph
    .ofKind('Schedule')
    .filter(({ apiVersion }) => apiVersion.startsWith('velero.io/'))
    .flatMap((schedule) => {
      const template = valueAt(schedule.object, ['spec', 'template']);
      if (!includes(template, workload)) return [];
      const hole = holeOf(graph, schedule, workload);
      return [hole ? { covers: false, evidence: hole } : covering(schedule, ['spec', 'template'], 'backs it up')];
    });
}

function includes(template: unknown, workload: Workload): boolean {
  const { namespace } = workload.source;
  const included = listAt(template, ['includedNamespaces']);
  const everywhere = included.length === 0 || included.includes('*');
  if ((!everywhere && !included.includes(namespace)) || listAt(template, ['excludedNamespaces']).includes(namespace)) return false;
  const selector = valueAt(template, ['labelSelector']);
  // An operator labels its pods with the resource's name, in one of several ways: a selector is taken to mean them if it names it.
  if (selector !== undefined && !workload.template) return JSON.stringify(selector).includes(`"${workload.source.name}"`);
  return selector === undefined || selects(selector, podLabels(workload)) || selects(selector, workload.source.object.metadata.labels);
}

/** Why the data is not in the backup although the schedule means the workload. */
function holeOf(graph: Graph, schedule: SourcedObject, { storage, source, template: pods }: Workload): Evidence | undefined {
  const template = valueAt(schedule.object, ['spec', 'template']);
  const at = (field: string): readonly string[] => ['spec', 'template', field];
  const hole = (field: string, says: string): Evidence => ({ object: schedule, path: at(field), says });
  if (valueAt(schedule.object, ['spec', 'paused']) === true) return { object: schedule, path: ['spec', 'paused'], says: 'it is paused' };
  const resources = listAt(template, ['excludedResources']);
  const without = ['persistentvolumeclaims', 'pvc', 'persistentvolumes', 'pv'].find((name) => resources.includes(name));
  if (without !== undefined) return hole('excludedResources', `it leaves ${without} out`);
  const optedIn = pods?.value.metadata?.annotations?.['backup.velero.io/backup-volumes'] !== undefined;
  if (valueAt(template, ['defaultVolumesToFsBackup']) === true || optedIn) return undefined;
  if (valueAt(template, ['snapshotVolumes']) === false)
    return hole('snapshotVolumes', 'it neither snapshots volumes nor copies their files');
  const local = storage
    .filter(({ holdsState }) => holdsState)
    .map((one) => graph.classOf(one))
    .find((found) => found !== undefined && reachOf(graph, found)?.reach === 'node');
  if (!local) return undefined;
  return hole(
    valueAt(template, ['snapshotVolumes']) === undefined ? 'defaultVolumesToFsBackup' : 'snapshotVolumes',
    `it snapshots volumes, but ${titleOf(local)} of ${titleOf(source)} has disks of a node, which have no snapshots`,
  );
}

function selects(selector: unknown, labels: Readonly<Record<string, string>> | undefined): boolean {
  try {
    return labelSelector(selector as LabelSelector | undefined).matches(labels);
  } catch {
    return false;
  }
}
