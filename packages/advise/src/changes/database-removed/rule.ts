// A database, or its claim or volume, that is no longer there.
import { titleOf } from '../../model/sourced-object.ts';
import type { ChangeRule } from '../change.ts';

export const rule: ChangeRule = {
  id: 'database-removed',
  title: 'an update no longer has a database, or what holds its data',
  about:
    'What is missing from the new manifests is deleted by tools that prune (Argo CD, Flux, kubectl apply --prune, helm upgrade). A database under a new name or in another namespace is a new one with empty claims. Meant are databases, claims, volumes, and namespaces. Said only when both sides are files: a cluster holds much that no file does.',
  loss: 'pruning deletes the database; where its claims, their class or its namespace go with it, the data',
  fix: 'keep the object, or mark it as not to be pruned until its data is elsewhere',
  sources: [
    'https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources',
    'https://fluxcd.io/flux/components/kustomize/kustomizations/#prune',
  ],
  mistakes: [],
  severity: 'error',
  check({ before, after, was, graphs }) {
    if (after || graphs.before.live) return [];
    const database = was !== undefined && was.database.length > 0;
    if (!database && !['PersistentVolumeClaim', 'PersistentVolume', 'Namespace'].includes(before.kind)) return [];
    return [
      {
        object: before,
        path: ['metadata', 'name'],
        message: `${titleOf(before)} is not there any more: tools that prune delete it`,
        evidence: [{ object: before, path: ['metadata', 'name'], says: 'was there' }],
        confidence: 'medium',
      },
    ];
  },
};
