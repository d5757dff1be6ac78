// Several instances of a database in one claim.
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'shared-claim',
  title: 'several instances of a database share one claim',
  about:
    'A Deployment (or a volume that a StatefulSet does not make from a template) gives all instances the same claim. With ReadWriteOnce, instances on another node never start, and those on the same node write the same files; with ReadWriteMany they all do. No engine here can share its data folder. A single instance of a Deployment with RollingUpdate is two during each update; strategy Recreate avoids it.',
  loss: 'two processes write one data folder: corruption; or an update that hangs with "Multi-Attach error" until somebody deletes the old pod',
  fix: 'use a StatefulSet with volumeClaimTemplates, one claim for each instance; for a single instance strategy type Recreate and access mode ReadWriteOncePod',
  sources: [
    'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes',
    'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#recreate-deployment',
  ],
  mistakes: [7],
  severity: 'error',
  appliesTo: 'databases',
  needs: [],
  check(_graph, workload) {
    const { source, storage, replicas, replicasPath, template } = workload;
    if (!template || source.kind === 'Pod') return [];
    const strategy = (source.object as { readonly spec?: { readonly strategy?: { readonly type?: string } } }).spec?.strategy?.type;
    const overlaps = source.kind === 'Deployment' && replicas === 1 && strategy !== 'Recreate';
    const several = replicas > 1 || source.kind === 'DaemonSet';
    if (!several && !overlaps) return [];
    return storage
      .filter((one) => one.source === 'claim' && !one.perInstance && one.holdsState)
      .filter(({ claim }) => several || claim?.accessModes?.includes('ReadWriteOncePod') !== true)
      .map((one) => ({
        object: source,
        path: several ? replicasPath : strategy === undefined ? ['spec'] : ['spec', 'strategy'],
        message: several
          ? `${titleOf(source)} runs ${source.kind === 'DaemonSet' ? 'on every node' : `${replicas} instances`}, all in claim ${one.claimName ?? one.name}`
          : `${titleOf(source)} starts the new instance before the old one has stopped, both in claim ${one.claimName ?? one.name}`,
        evidence: [
          { object: source, path: one.path, says: `storage ${one.name} is one claim for all instances` },
          {
            object: source,
            path: several ? replicasPath : ['spec'],
            says: several ? `${replicas} instances are wanted` : 'strategy is RollingUpdate, which makes the new pod first',
          },
        ],
        ...(several ? { confidence: 'high' as const } : { severity: 'warning' as const, confidence: 'high' as const }),
      }));
  },
};
