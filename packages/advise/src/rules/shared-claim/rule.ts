// Several instances of a database in one claim.
import { titleOf } from '../../model/sourced-object.ts';
import type { Graph } from '../../model/graph.ts';
import type { Workload, WorkloadStorage } from '../../model/workload.ts';
import type { Rule, RuleFinding } from '../../rule.ts';

export const rule: Rule = {
  id: 'shared-claim',
  title: 'several instances of a database share one claim',
  about:
    'A Deployment (or a volume that a StatefulSet does not make from a template) gives all instances the same claim. With ReadWriteOnce, instances on another node never start, and those on the same node write the same files; with ReadWriteMany they all do. No engine here can share its data folder. A single instance of a Deployment with RollingUpdate is two during each update; strategy Recreate avoids it. Two workloads of one engine that mount the same folder of the same claim are meant too: ReadWriteOnce lets all pods of a node in, and the lock files of engines do not see the processes of other containers.',
  loss: 'two processes write one data folder: corruption; or an update that hangs with "Multi-Attach error" until somebody deletes the old pod',
  fix: 'use a StatefulSet with volumeClaimTemplates, one claim for each instance; for a single instance strategy type Recreate and access mode ReadWriteOncePod',
  sources: [
    'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes',
    'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#recreate-deployment',
    'https://github.com/kubernetes/kubernetes/issues/60903',
    'https://github.com/stategraph/stategraph/issues/526',
    'https://github.com/helm/charts/pull/6343',
  ],
  mistakes: [7],
  severity: 'error',
  appliesTo: 'databases',
  needs: [],
  check(graph, workload) {
    const within = amongInstances(workload);
    return within.length > 0 ? within : withAnother(graph, workload);
  },
};

function amongInstances(workload: Workload): readonly RuleFinding[] {
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
}

/** Said of the later of the two, as the order of the objects is. */
function withAnother(graph: Graph, workload: Workload): readonly RuleFinding[] {
  const { source, storage, engine } = workload;
  if (workload.replicas === 0 || engine === undefined) return [];
  return storage
    .filter((one) => one.claimName !== undefined && one.holdsState)
    .flatMap((one) => {
      const matching = (other: Workload): WorkloadStorage | undefined =>
        other.storage.find(({ claimName, name }) => claimName === one.claimName && sharesFolder([other, name], [workload, one.name]));
      const sharing = graph.mounting(source.namespace, one.claimName ?? '');
      const earlier = sharing
        .slice(0, sharing.indexOf(workload))
        .filter(({ replicas, engine: theirs }) => replicas > 0 && theirs === engine);
      const other = earlier.find((candidate) => matching(candidate) !== undefined);
      const theirs = other && matching(other);
      if (!other || !theirs) return [];
      return [
        {
          object: source,
          path: one.path,
          message: `${titleOf(source)} and ${titleOf(other.source)} keep their data in one folder of claim ${one.claimName}`,
          evidence: [
            { object: other.source, path: theirs.path, says: `mounts claim ${one.claimName} at ${theirs.mountPaths.join(', ')}` },
            { object: source, path: one.path, says: `mounts claim ${one.claimName} at ${one.mountPaths.join(', ')}` },
          ],
          fix: 'give each a claim of its own; before an instance takes over the claim of another, scale the other to 0 and wait until its pod is gone',
          confidence: 'high' as const,
        },
      ];
    });
}

type Mounted = readonly [workload: Workload, volume: string];

function sharesFolder(a: Mounted, b: Mounted): boolean {
  const folders = foldersOf(b);
  return foldersOf(a).some((folder) => folders.includes(folder));
}

function foldersOf([{ containers }, volume]: Mounted): readonly string[] {
  return containers.flatMap(({ spec }) =>
    (spec?.volumeMounts ?? []).filter(({ name }) => name === volume).map(({ subPath, subPathExpr }) => subPath ?? subPathExpr ?? ''),
  );
}
