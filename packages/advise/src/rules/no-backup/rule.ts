// Nothing backs the database up, or what does leaves its data out.
import { backupsOf } from '../../model/backups.ts';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'no-backup',
  title: 'no backup covers a database',
  about:
    'Replicas copy a wrong DELETE as fast as everything else; only a backup brings it back. Looked for are schedules of Velero (by namespaces and label selectors), CloudNativePG, Percona, Crunchy, KubeBlocks, K8up, VolSync and snapscheduler, CronJobs that run the tools of the engine, and sidecars or settings that archive logs. A Velero schedule that snapshots volumes does not cover disks of a node, which have no snapshots, unless it copies files. A backup that is made elsewhere is told with the annotation holdfast.dev/backup.',
  loss: 'a wrong statement, a bug or a deleted namespace is for ever',
  fix: 'schedule backups of the engine itself or of its volumes, to another place; if they are made elsewhere, annotate the workload with holdfast.dev/backup: <where>',
  sources: [
    'https://velero.io/docs/main/api-types/schedule/',
    'https://velero.io/docs/main/file-system-backup/',
    'https://cloudnative-pg.io/documentation/current/backup/',
  ],
  mistakes: [17],
  severity: 'warning',
  appliesTo: 'databases',
  needs: ['Schedule', 'ScheduledBackup', 'CronJob'],
  check(graph, workload) {
    const { source, engine } = workload;
    const { covering, missing } = backupsOf(graph, workload);
    if (covering.length > 0) return [];
    const [near] = missing;
    return [
      {
        object: near?.object ?? source,
        path: near?.path ?? ['metadata', 'name'],
        message: near
          ? `the backups of ${titleOf(near.object)} do not hold the data of ${titleOf(source)}: ${near.says}`
          : `no backup of ${titleOf(source)} is to be seen in ${graph.live ? 'the cluster' : 'what was checked'}`,
        evidence: [
          { object: source, path: workload.storage.find(({ holdsState }) => holdsState)?.path ?? ['metadata', 'name'], says: 'keeps data' },
          ...missing,
        ],
        // What is often a cache may have none.
        ...(engine?.name === 'redis' ? { severity: 'info' as const } : {}),
        confidence: near !== undefined ? 'high' : graph.live ? 'medium' : 'low',
      },
    ];
  },
};
