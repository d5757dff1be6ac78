// One instance of a database, on the disk of one node.
import { reachOf } from '../../model/locality.ts';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'one-instance-on-local-volume',
  title: 'the only instance of a database is on the disk of one node',
  about:
    'A local volume cannot leave its node. With one instance there is no second copy: draining the node makes the pod Pending until the node is back, and losing the disk loses all data since the last backup. Local volumes belong under databases that replicate themselves. Evidence is the provisioner of the class or the node affinity of its volumes.',
  loss: 'a drained node stops the database until the node is back; a lost disk or node loses everything since the last backup',
  fix: 'run three or more instances that replicate, one on each node, or use a class whose volumes can follow the pod to another node',
  sources: ['https://kubernetes.io/docs/concepts/storage/volumes/#local'],
  mistakes: [3],
  severity: 'error',
  appliesTo: 'databases',
  needs: ['StorageClass', 'PersistentVolume'],
  check(graph, workload) {
    if (workload.replicas !== 1) return [];
    return workload.storage
      .filter(({ holdsState }) => holdsState)
      .flatMap((storage) => {
        const storageClass = graph.classOf(storage);
        const reach = storageClass && reachOf(graph, storageClass);
        if (!storageClass || reach?.reach !== 'node') return [];
        return [
          {
            object: workload.source,
            path: workload.replicasPath,
            message: `${titleOf(workload.source)} is one instance, and its only copy of the data is on the disk of one node (class ${storageClass.name})`,
            evidence: [
              { object: workload.source, path: workload.replicasPath, says: 'has one instance' },
              {
                object: workload.source,
                path: storage.path,
                says: `storage ${storage.name} takes its volume from class ${storageClass.name}`,
              },
              { object: reach.object, path: reach.path, says: reach.says },
            ],
            confidence: 'high' as const,
          },
        ];
      });
  },
};
