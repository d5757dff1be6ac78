// Volumes that cannot grow, though their driver could.
import { NO_PROVISIONER } from '@holdfast/controller';
import { reachOf } from '../../model/locality.ts';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

/** Shares without a size of their own, and drivers that cannot grow a volume. */
const CANNOT: RegExp = /nfs|efs|smb|hostpath|local-path/;

export const rule: Rule = {
  id: 'no-volume-expansion',
  title: "the class of a database's claims does not allow them to grow",
  about:
    'Without allowVolumeExpansion: true the API server refuses a larger claim. A full disk stops most engines, and then the only way is a new volume and a copy. The field of an existing class may be changed. Classes without a provisioner, of local disks and of shares are not meant.',
  loss: 'when the disk is full the database stops, and cannot be given room without a migration',
  fix: 'set allowVolumeExpansion: true in the class; it may be changed at any time',
  sources: ['https://kubernetes.io/docs/concepts/storage/storage-classes/#allow-volume-expansion'],
  mistakes: [15],
  severity: 'warning',
  appliesTo: 'databases',
  needs: ['StorageClass', 'PersistentVolume'],
  check(graph, { source, storage }) {
    return storage
      .filter(({ holdsState }) => holdsState)
      .flatMap((one) => {
        const found = graph.classOf(one);
        const { provisioner = '', allowVolumeExpansion } = found?.object ?? {};
        if (!found || allowVolumeExpansion === true || provisioner === NO_PROVISIONER || CANNOT.test(provisioner)) return [];
        if (reachOf(graph, found)?.reach === 'node') return [];
        const path = allowVolumeExpansion === undefined ? ['metadata', 'name'] : ['allowVolumeExpansion'];
        return [
          {
            object: found,
            path,
            message: `volumes of ${titleOf(found)} cannot grow, and ${titleOf(source)} keeps its data in one`,
            evidence: [
              { object: source, path: one.path, says: `storage ${one.name} takes its volumes from class ${found.name}` },
              { object: found, path, says: 'allowVolumeExpansion is not true' },
            ],
            edits: [{ path: ['allowVolumeExpansion'], value: true }],
            confidence: 'high' as const,
          },
        ];
      });
  },
};
