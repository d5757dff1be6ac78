// Deleting or scaling down the database deletes its claims.
import type { StatefulSet } from '@holdfast/schema';
import { type FieldPath, titleOf } from '../../model/sourced-object.ts';
import { listAt, valueAt } from '../../model/value-at.ts';
import type { Workload } from '../../model/workload.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'claims-deleted-with-set',
  title: 'deleting or scaling down a database deletes its claims',
  about:
    'persistentVolumeClaimRetentionPolicy Delete (whenDeleted, whenScaled) makes the controller delete claims with the StatefulSet or with each instance that is scaled away; Retain is the default. Operators have switches of the same effect: deleteClaim of Strimzi, the finalizers delete-pxc-pvc and delete-psmdb-pvc of Percona, terminationPolicy Delete or WipeOut of KubeBlocks.',
  loss: 'one wrong delete, or a scale to 0 and back, deletes the claims and, where the class says Delete, the data',
  fix: 'set the policy to Retain and delete claims by hand when they are no longer needed',
  sources: [
    'https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention',
    'https://strimzi.io/docs/operators/latest/configuring.html#type-PersistentClaimStorage-reference',
    'https://docs.percona.com/percona-operator-for-mysql/pxc/operator.html',
  ],
  mistakes: [16],
  severity: 'error',
  appliesTo: 'databases',
  needs: [],
  check(_graph, workload) {
    const { source } = workload;
    return deletions(workload).map(({ path, says }) => ({
      object: source,
      path,
      message: `${titleOf(source)} deletes its claims: ${says}`,
      evidence: [{ object: source, path, says }],
      // Of what operators do with their switches only the StatefulSet's own is known for sure.
      ...(source.kind === 'StatefulSet' ? { edits: [{ path, value: 'Retain' }] } : {}),
      confidence: 'high',
    }));
  },
};

interface Deletion {
  readonly path: FieldPath;
  readonly says: string;
}

function deletions({ source, storage }: Workload): readonly Deletion[] {
  if (source.kind === 'StatefulSet') {
    const policy = (source.object as StatefulSet).spec?.persistentVolumeClaimRetentionPolicy;
    return (['whenDeleted', 'whenScaled'] as const)
      .filter((when) => policy?.[when] === 'Delete')
      .map((when) => ({ path: ['spec', 'persistentVolumeClaimRetentionPolicy', when], says: `${when} is Delete` }));
  }
  const policy = valueAt(source.object, ['spec', 'terminationPolicy']);
  if (source.apiVersion.startsWith('apps.kubeblocks.io/') && (policy === 'Delete' || policy === 'WipeOut'))
    return [{ path: ['spec', 'terminationPolicy'], says: `terminationPolicy is ${policy}` }];
  const finalizers = listAt(source.object, ['metadata', 'finalizers']);
  const byFinalizer = finalizers.flatMap((finalizer, index) =>
    typeof finalizer === 'string' && /delete-(pxc|psmdb|pg)?-?pvcs?$/.test(finalizer)
      ? [{ path: ['metadata', 'finalizers', index], says: `finalizer ${finalizer} deletes them` }]
      : [],
  );
  const byStorage = storage
    .filter(({ path }) => valueAt(source.object, [...path, 'deleteClaim']) === true)
    .map(({ path }) => ({ path: [...path, 'deleteClaim'], says: 'deleteClaim is true' }));
  return [...byFinalizer, ...byStorage];
}
