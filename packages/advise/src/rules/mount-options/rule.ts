// How the file system of a database is mounted.
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

/** Options that make fsync a promise that is not kept. */
const DANGEROUS = /^(nobarrier|barrier=0|data=writeback|async|soft|noac)$/;

export const rule: Rule = {
  id: 'mount-options',
  title: 'the volume of a database is mounted with options that lose writes',
  about:
    'nobarrier and barrier=0 let the disk keep acknowledged writes in its cache, data=writeback lets files hold old blocks after a crash, and soft lets NFS give up on a write that the database takes for done. Read from mountOptions of the class and of its volumes. That noatime is missing costs a write for some reads and is said as a hint only where other options are given.',
  loss: 'a power cut or a crash of the node loses writes that the database has acknowledged, or corrupts its files',
  fix: 'remove the option; noatime is safe and saves writes',
  sources: ['https://www.kernel.org/doc/html/latest/admin-guide/ext4.html', 'https://www.postgresql.org/docs/current/wal-reliability.html'],
  mistakes: [29],
  severity: 'error',
  appliesTo: 'databases',
  needs: ['StorageClass', 'PersistentVolume'],
  check(graph, { source, storage }) {
    return storage
      .filter(({ holdsState }) => holdsState)
      .flatMap((one) => {
        const found = graph.classOf(one);
        if (!found) return [];
        const places = [
          { object: found, options: found.object.mountOptions, path: ['mountOptions'] },
          ...graph
            .volumesOfClass(found.name)
            .map((volume) => ({ object: volume, options: volume.object.spec?.mountOptions, path: ['spec', 'mountOptions'] })),
        ];
        const used = { object: source, path: one.path, says: `storage ${one.name} takes its volumes from class ${found.name}` };
        return places.flatMap(({ object, options = [], path }) => {
          const dangerous = options.find((option) => DANGEROUS.test(option));
          if (dangerous !== undefined) {
            return [
              {
                object,
                path: [...path, options.indexOf(dangerous)],
                message: `${titleOf(object)} mounts with ${dangerous}, and ${titleOf(source)} keeps its data in it`,
                evidence: [used, { object, path, says: `mounts with ${options.join(', ')}` }],
                confidence: 'high' as const,
              },
            ];
          }
          if (options.length === 0 || options.some((option) => option === 'noatime')) return [];
          return [
            {
              object,
              path,
              message: `${titleOf(object)} mounts without noatime`,
              evidence: [used, { object, path, says: `mounts with ${options.join(', ')}` }],
              loss: 'nothing is lost; some reads cost a write',
              fix: 'add noatime',
              severity: 'info' as const,
              confidence: 'high' as const,
            },
          ];
        });
      });
  },
};
