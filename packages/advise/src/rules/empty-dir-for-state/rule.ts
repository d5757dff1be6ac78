// A database keeps its data in an emptyDir, or in nothing but the container itself.
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule, RuleFinding } from '../../rule.ts';

export const rule: Rule = {
  id: 'empty-dir-for-state',
  title: 'a database keeps its data where it is deleted with the pod',
  about:
    'An emptyDir lives as long as its pod on its node. Draining the node with --delete-emptydir-data, an eviction or an update deletes it; data in the container itself does not even survive a restart of the container. Evidence is the engine (image, or port and folder together) and the folder at which that engine keeps its data; scratch folders of databases (/tmp, /dev/shm, sockets) are not meant.',
  loss: 'the data of an instance is deleted whenever its pod is: a drain, an eviction, an update, a lost node',
  fix: 'give every instance a claim of its own (volumeClaimTemplates of a StatefulSet) on a class with reclaimPolicy Retain',
  sources: ['https://kubernetes.io/docs/concepts/storage/volumes/#emptydir'],
  mistakes: [5],
  severity: 'error',
  appliesTo: 'databases',
  needs: [],
  check(_graph, { source, storage, template, engine, database }) {
    // Redis and its kin are as often a cache, which may be lost.
    const confidence = engine?.name === 'redis' ? 'medium' : 'high';
    const [because] = database;
    const evidence = because ? [{ object: source, path: because.path, says: because.reason }] : [];
    const common = {
      object: source,
      confidence,
    } as const;
    const scratch = storage.filter((one) => one.holdsState && one.source === 'emptyDir');
    if (scratch.length > 0) {
      return scratch.map(({ name, path, mountPaths }): RuleFinding => {
        const where = mountPaths.length > 0 ? ` at ${mountPaths.join(', ')}` : '';
        const says = `storage ${name} is an emptyDir${where}`;
        return {
          ...common,
          path,
          message: `${titleOf(source)} keeps its data in an emptyDir (${name}${where})`,
          evidence: [...evidence, { object: source, path, says }],
        };
      });
    }
    const keepsNothing =
      template !== undefined && engine !== undefined && storage.every((one) => one.mountPaths.length === 0 || !one.holdsState);
    if (!keepsNothing || database.length < 2) return [];
    const message = `${titleOf(source)} mounts nothing at ${engine.dataPaths.join(' or ')}: its data is in the container itself`;
    return [{ ...common, path: template.path, message, evidence, confidence: 'medium' }];
  },
};
