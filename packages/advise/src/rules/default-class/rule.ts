// The claims of a database take whatever class is the default.
import { DEFAULT_CLASS } from '@holdfast/controller';
import type { StorageClass } from '@holdfast/schema';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'default-class',
  title: 'a database leaves its class to the default, and there is none or several',
  about:
    'A claim without storageClassName gets the default class of the cluster. With none it stays Pending; with several it gets the newest, so that installing a driver changes where the next instance keeps its data. Said of files only when they hold classes.',
  loss: 'no default: the database does not start. Several: members on different storage, one of them perhaps with reclaimPolicy Delete',
  fix: 'name the class in each claim of a database, and mark one class only as default',
  sources: ['https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass'],
  mistakes: [32],
  severity: 'warning',
  appliesTo: 'databases',
  needs: ['StorageClass'],
  check(graph, { source, storage }) {
    const classes = graph.ofKind<StorageClass>('StorageClass');
    const defaults = classes.filter(({ object }) => object.metadata.annotations?.[DEFAULT_CLASS] === 'true');
    if (defaults.length === 1 || (classes.length === 0 && !graph.live)) return [];
    const at = ['metadata', 'annotations', DEFAULT_CLASS];
    return storage
      .filter(
        ({ claim, source: from, claimName, holdsState }) =>
          holdsState && from === 'claim' && claimName === undefined && claim !== undefined,
      )
      .filter(({ claim }) => claim?.storageClassName === undefined || claim.storageClassName === null)
      .map(({ name, path }) => ({
        object: source,
        path,
        message:
          defaults.length === 0
            ? `storage ${name} of ${titleOf(source)} names no class, and no class is the default`
            : `storage ${name} of ${titleOf(source)} names no class, and ${defaults.length} are the default (${defaults.map((one) => one.name).join(', ')})`,
        evidence: [
          { object: source, path, says: 'has no storageClassName' },
          ...defaults.map((object) => ({ object, path: at, says: 'is marked as default' })),
        ],
        ...(defaults.length === 0 ? { severity: 'error' as const } : {}),
        confidence: graph.live || defaults.length > 1 ? ('high' as const) : ('medium' as const),
      }));
  },
};
