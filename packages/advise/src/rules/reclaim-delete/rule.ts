// A database's volumes are deleted with its claims: the class says Delete, or says nothing.
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'reclaim-delete',
  title: "the class of a database's claims deletes volumes with their claims",
  about:
    'When a claim is deleted, reclaimPolicy Delete makes the provisioner delete the disk; a class that says nothing means Delete. Claims go with their namespace, and some operators and charts delete them with the database. Retain keeps the volume (phase Released), so the deletion can be undone. Multi-tenant policies that demand Delete are right for scratch volumes; this rule looks only at claims in which a database keeps its data.',
  loss: 'whoever deletes a claim, its namespace or, with some charts and operators, the database itself, deletes the disk in the same moment',
  fix: `make a class with reclaimPolicy: Retain and use it; for volumes that exist: kubectl patch pv <volume> -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'`,
  sources: [
    'https://kubernetes.io/docs/concepts/storage/storage-classes/#reclaim-policy',
    'https://github.com/openfun/arnold/issues/223',
    'https://github.com/canton-network/splice/issues/440',
  ],
  mistakes: [1],
  severity: 'error',
  appliesTo: 'databases',
  needs: ['StorageClass'],
  check(graph, workload) {
    return workload.storage
      .filter(({ holdsState }) => holdsState)
      .flatMap((storage) => {
        const found = graph.classOf(storage);
        if (!found || found.object.reclaimPolicy === 'Retain') return [];
        const unsaid = found.object.reclaimPolicy === undefined;
        const says = unsaid ? 'has no reclaimPolicy, which means Delete' : 'has reclaimPolicy Delete';
        return [
          {
            object: found,
            path: unsaid ? ['metadata', 'name'] : ['reclaimPolicy'],
            message: `${titleOf(found)} ${says}, and ${titleOf(workload.source)} keeps its data in it`,
            evidence: [
              { object: workload.source, path: storage.path, says: `storage ${storage.name} takes its volumes from class ${found.name}` },
              { object: found, path: unsaid ? [] : ['reclaimPolicy'], says },
            ],
            confidence: 'high' as const,
          },
        ];
      });
  },
};
