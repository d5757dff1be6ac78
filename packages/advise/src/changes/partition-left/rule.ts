// A new template that a partition keeps from most instances.
import { deepEqual, type StatefulSet } from '@holdfast/schema';
import { titleOf } from '../../model/sourced-object.ts';
import { type ChangeRule, withDefaults } from '../change.ts';

export const rule: ChangeRule = {
  id: 'partition-left',
  title: 'an update of a database meets a partition that keeps it from some instances',
  about:
    'With a partition, only instances with an ordinal at or above it get the new template. When the template changes while the partition of an earlier canary still stands, most instances stay as they are, and nobody is told. Compared are the templates of both sides, with defaults filled in.',
  loss: 'members of different versions or settings, mixed at the next eviction',
  fix: 'set partition to 0, or say why it stands with the annotation ignore.holdfast.dev/partition-left',
  sources: ['https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#partitions'],
  mistakes: [25],
  severity: 'warning',
  check({ before, after, is }) {
    if (!after || after.kind !== 'StatefulSet' || !is) return [];
    const [was, next] = [withDefaults(before) as StatefulSet, withDefaults(after) as StatefulSet];
    const partition = next.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
    if (partition === 0 || deepEqual(was.spec?.template, next.spec?.template)) return [];
    const path = ['spec', 'updateStrategy', 'rollingUpdate', 'partition'];
    return [
      {
        object: after,
        path,
        message: `the new template of ${titleOf(after)} does not reach ${Math.min(partition, is.replicas)} of ${is.replicas} instances`,
        evidence: [
          { object: after, path, says: `partition is ${partition}` },
          { object: before, path: ['spec', 'template'], says: 'had another template' },
        ],
        confidence: 'high',
      },
    ];
  },
};
