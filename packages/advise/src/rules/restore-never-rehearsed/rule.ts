// Backups exist, but nothing shows that one was ever restored.
import { backupsOf } from '../../model/backups.ts';
import { REHEARSED_RESTORE, rehearsalAnnotation, restoresOf } from '../../model/rehearsals.ts';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'restore-never-rehearsed',
  title: 'nothing shows that a backup was ever restored',
  about:
    'A backup that was never restored is a hope. Evidence of a rehearsal is a claim restored from a snapshot, a Velero Restore, a CloudNativePG cluster with bootstrap.recovery, or the annotation holdfast.dev/restore-rehearsed with a date. Said only where there are backups.',
  loss: 'in the emergency it turns out that the backup is incomplete, too old, or that nobody knows how',
  fix: 'restore a backup into another namespace, compare, and annotate the workload with holdfast.dev/restore-rehearsed: <date>',
  sources: ['https://about.gitlab.com/blog/2017/02/10/postmortem-of-database-outage-of-january-31/'],
  mistakes: [17],
  severity: 'info',
  appliesTo: 'databases',
  needs: ['PersistentVolumeClaim'],
  check(graph, workload) {
    const { source } = workload;
    const { covering } = backupsOf(graph, workload);
    const [first] = covering;
    if (!first || rehearsalAnnotation(workload, REHEARSED_RESTORE) || restoresOf(graph, workload).length > 0) return [];
    return [
      {
        object: source,
        path: ['metadata', 'name'],
        message: `nothing shows that a backup of ${titleOf(source)} was ever restored`,
        evidence: [first],
        confidence: 'low',
      },
    ];
  },
};
