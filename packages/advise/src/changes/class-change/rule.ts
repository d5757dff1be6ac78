// Storage of another class.
import { titleOf } from '../../model/sourced-object.ts';
import type { ChangeRule } from '../change.ts';

export const rule: ChangeRule = {
  id: 'class-change',
  title: 'an update moves a database to another class',
  about:
    'The class of a claim that exists never changes: only claims made later are of the new class. So the instances that there are stay where they are, and the next one that is scaled up, or whose claim is deleted, is on other storage. Compared is the storage of workloads, by name.',
  loss: 'members on storage of different speed and reclaim policy; with operators that make volumes anew, all data of an instance',
  fix: 'add instances of the new class and remove the old ones one by one, after each has copied its data; or restore a backup into the new class',
  sources: ['https://kubernetes.io/docs/concepts/storage/persistent-volumes/#class-1'],
  mistakes: [26],
  severity: 'error',
  check({ before, after, was, is }) {
    if (!after || !was || !is || is.database.length === 0) return [];
    return is.storage.flatMap(({ name, path, claim, source }) => {
      const old = was.storage.find((one) => one.name === name);
      const [from, to] = [old?.claim?.storageClassName, claim?.storageClassName];
      if (!old || source !== 'claim' || from === to || (from === undefined && to === undefined)) return [];
      return [
        {
          object: after,
          path,
          message: `storage ${name} of ${titleOf(after)} moves from class ${from ?? '(default)'} to ${to ?? '(default)'}; claims that exist do not`,
          evidence: [
            { object: before, path: old.path, says: `was of class ${from ?? '(default)'}` },
            { object: after, path, says: `is to be of class ${to ?? '(default)'}` },
          ],
          confidence: 'high' as const,
        },
      ];
    });
  },
};
