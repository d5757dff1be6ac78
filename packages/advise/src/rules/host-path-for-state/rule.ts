// A database keeps its data in a folder of the node.
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'host-path-for-state',
  title: 'a database keeps its data in a folder of the node',
  about:
    'A hostPath follows no pod: on another node the database starts with an empty folder and takes that for its data, or forms a second cluster. Nothing limits its size, nobody else knows that the node holds data, and two instances on one node share the folder. Local PersistentVolumes give the same disk and keep the pod on its node.',
  loss: 'a pod that moves finds no data; a node that is replaced takes the data with it, without a word',
  fix: 'use a local PersistentVolume (class with no-provisioner and WaitForFirstConsumer) or a provisioner',
  sources: ['https://kubernetes.io/docs/concepts/storage/volumes/#hostpath'],
  mistakes: [22],
  severity: 'error',
  appliesTo: 'databases',
  needs: [],
  check(_graph, { source, storage }) {
    return storage
      .filter((one) => one.holdsState && one.source === 'hostPath')
      .map(({ name, path, mountPaths }) => ({
        object: source,
        path,
        message: `${titleOf(source)} keeps its data in a folder of whatever node it runs on (${name} at ${mountPaths.join(', ')})`,
        evidence: [{ object: source, path, says: `volume ${name} is a hostPath` }],
        confidence: 'high',
      }));
  },
};
