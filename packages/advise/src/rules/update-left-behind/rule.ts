// An update that does not reach all instances.
import type { StatefulSet } from '@holdfast/schema';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule, RuleFinding } from '../../rule.ts';

export const rule: Rule = {
  id: 'update-left-behind',
  title: 'an update of a database does not reach all instances',
  about:
    'A partition keeps instances with a lower ordinal at the old revision; one that was left behind after a canary means that a replaced pod comes back with either revision, by its number. OnDelete updates nothing until pods are deleted: security fixes and changed settings wait for somebody. In a cluster status.updatedReplicas shows how many are behind.',
  loss: 'members of different versions or settings for weeks, until an eviction mixes them in a moment that nobody chose',
  fix: 'set partition to 0 when the canary is done; use RollingUpdate unless an operator deletes the pods',
  sources: ['https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies'],
  mistakes: [25],
  severity: 'warning',
  appliesTo: 'databases',
  needs: [],
  check(_graph, { source, replicas }) {
    if (source.kind !== 'StatefulSet') return [];
    const { spec, status } = source.object as StatefulSet;
    const strategy = spec?.updateStrategy;
    const behind = status?.updateRevision !== undefined && status.updateRevision !== status.currentRevision;
    const seen = behind
      ? [
          {
            object: source,
            path: ['status', 'updateRevision'],
            says: `${status.updatedReplicas ?? 0} of ${replicas} are of the new revision`,
          },
        ]
      : [];
    const common = (path: readonly string[], says: string): Pick<RuleFinding, 'object' | 'path' | 'evidence'> => ({
      object: source,
      path,
      evidence: [{ object: source, path, says }, ...seen],
    });
    if (strategy?.type === 'OnDelete') {
      return [
        {
          ...common(['spec', 'updateStrategy', 'type'], 'type is OnDelete'),
          message: `updates of ${titleOf(source)} wait until somebody deletes its pods`,
          ...(behind ? {} : { severity: 'info' as const }),
          confidence: behind ? 'high' : 'medium',
        },
      ];
    }
    const partition = strategy?.rollingUpdate?.partition ?? 0;
    if (partition === 0) return [];
    const kept = Math.min(partition, replicas);
    return [
      {
        ...common(['spec', 'updateStrategy', 'rollingUpdate', 'partition'], `partition is ${partition}`),
        message: `an update of ${titleOf(source)} leaves ${kept} of ${replicas} instances at the old revision`,
        confidence: 'high',
      },
    ];
  },
};
