// Claims are bound before anybody knows where the pod can run, though their volumes are not reachable from everywhere.
import { findBestVolume } from '@holdfast/controller';
import type { PersistentVolumeClaim, StorageClass } from '@holdfast/schema';
import type { Graph } from '../../model/graph.ts';
import { reachOf } from '../../model/locality.ts';
import { type SourcedObject, titleOf } from '../../model/sourced-object.ts';
import type { Workload, WorkloadStorage } from '../../model/workload.ts';
import type { Evidence, Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'immediate-binding',
  title: 'a class whose volumes belong to a node or zone binds claims before the pod is placed',
  about:
    "With Immediate (also the default) a claim is bound or provisioned the moment it is created, before the scheduler has looked at the pod. Where volumes are reachable from one node or zone only, that decides where the pod must run, without regard to room, spread or taints. The Kubernetes documentation asks for WaitForFirstConsumer with local volumes. What the binder would choose is computed with the binder's own algorithm.",
  loss: 'claims are bound to volumes without a look at CPU, memory, spread or taints of the node or zone: pods stay Pending ("volume node affinity conflict"), and the usual way out is to delete claims with data',
  fix: 'make a class with volumeBindingMode: WaitForFirstConsumer (the field of a class cannot be changed)',
  sources: [
    'https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode',
    'https://kubernetes.io/docs/concepts/storage/storage-classes/#local',
  ],
  mistakes: [2],
  severity: 'error',
  appliesTo: 'workloads',
  needs: ['StorageClass', 'PersistentVolume'],
  check(graph, workload) {
    return workload.storage.flatMap((storage) => {
      const found = graph.classOf(storage);
      if (!found || found.object.volumeBindingMode === 'WaitForFirstConsumer') return [];
      const reach = reachOf(graph, found);
      if (!reach) return [];
      const unsaid = found.object.volumeBindingMode === undefined;
      const says = unsaid ? 'has no volumeBindingMode, which means Immediate' : 'has volumeBindingMode Immediate';
      return [
        {
          object: found,
          path: unsaid ? ['metadata', 'name'] : ['volumeBindingMode'],
          message: `${titleOf(found)} ${says}, but its volumes can be used in one ${reach.reach} only (used by ${titleOf(workload.source)})`,
          evidence: [
            { object: workload.source, path: storage.path, says: `storage ${storage.name} takes its volumes from class ${found.name}` },
            { object: found, path: unsaid ? [] : ['volumeBindingMode'], says },
            { object: reach.object, path: reach.path, says: reach.says },
            ...binderChoice(graph, workload, storage, found),
          ],
          confidence: 'high' as const,
        },
      ];
    });
  },
};

/** What the binder would really take for the first instance, by its own algorithm. */
function binderChoice(
  graph: Graph,
  { source }: Workload,
  { name, claim }: WorkloadStorage,
  storageClass: SourcedObject<StorageClass>,
): readonly Evidence[] {
  if (!claim) return [];
  const wanted: PersistentVolumeClaim = {
    metadata: { name: `${name}-${source.name}-0`, namespace: source.namespace },
    spec: { ...claim, storageClassName: storageClass.name },
  };
  const offered = graph.volumesOfClass(storageClass.name);
  // In files no volume has a status yet: a new one is Available.
  const volumes = offered.map(({ object }) =>
    object.status?.phase ? object : { ...object, status: { ...object.status, phase: 'Available' } },
  );
  const chosen = findBestVolume({ claim: wanted, volumes });
  const object = offered.find((one) => one.name === chosen?.metadata.name);
  return object
    ? [{ object, path: ['spec'], says: `is what claim ${wanted.metadata.name} would be bound to, wherever its pod could run` }]
    : [];
}
