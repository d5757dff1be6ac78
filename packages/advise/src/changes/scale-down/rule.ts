// Instances that go.
import type { StatefulSet } from '@holdfast/schema';
import { titleOf } from '../../model/sourced-object.ts';
import type { ChangeRule } from '../change.ts';

export const rule: ChangeRule = {
  id: 'scale-down',
  title: 'an update takes away instances of a database',
  about:
    'Fewer replicas stop the highest ordinals without asking the database: members that were not removed from the cluster first still count for the majority, and data that had its copies there has fewer. More than one at once may take the majority itself. With whenScaled: Delete their claims go too. Operators that decommission members (CockroachDB, CloudNativePG) do so one by one.',
  loss: 'no quorum, when a majority of the old membership is gone; with whenScaled: Delete the data of the instances that went',
  fix: 'remove one member in the database itself, wait until its data has moved, then scale down by one',
  sources: [
    'https://kubernetes.io/docs/tasks/run-application/scale-stateful-set/',
    'https://www.cockroachlabs.com/docs/stable/node-shutdown#decommission-the-node',
  ],
  mistakes: [16],
  severity: 'warning',
  check({ before, after, was, is }) {
    if (!after || !was || !is || is.database.length === 0 || is.replicas >= was.replicas) return [];
    const quorumLost = is.engine?.quorum === true && is.replicas < Math.floor(was.replicas / 2) + 1;
    const deletes = (after.object as StatefulSet).spec?.persistentVolumeClaimRetentionPolicy?.whenScaled === 'Delete';
    return [
      {
        object: after,
        path: is.replicasPath,
        message: `${titleOf(after)} goes from ${was.replicas} to ${is.replicas} instances${quorumLost ? ', which is no majority of those that vote' : ''}${deletes ? ', and the claims of those that go are deleted' : ''}`,
        evidence: [
          { object: before, path: was.replicasPath, says: `had ${was.replicas} instances` },
          { object: after, path: is.replicasPath, says: `is to have ${is.replicas}` },
        ],
        ...(quorumLost || deletes ? { severity: 'error' as const } : {}),
        confidence: 'high',
      },
    ];
  },
};
