// ReadWriteMany asked of disks that only one node can have.
import { NO_PROVISIONER } from '@holdfast/controller';
import { reachOf } from '../../model/locality.ts';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

/** Block storage beside what reachOf knows. */
const BLOCK: ReadonlySet<string> = new Set([
  'rbd.csi.ceph.com',
  'rook-ceph.rbd.csi.ceph.com',
  'csi.vsphere.vmware.com',
  'linodebs.csi.linode.com',
  'dobs.csi.digitalocean.com',
]);

export const rule: Rule = {
  id: 'shared-block-device',
  title: 'a claim asks a block device to be shared',
  about:
    'ReadWriteMany or ReadOnlyMany with a file system needs a file server. Drivers of block devices (EBS, GCE and Azure disks, Cinder, RBD, local disks) refuse it, or, where they let several nodes attach, two nodes mount one file system that knows of one. Claims with volumeMode Block are not meant.',
  loss: 'the claim stays Pending; where it does not, two nodes write one file system: corruption',
  fix: 'ask for ReadWriteOncePod or ReadWriteOnce, with a claim for each instance',
  sources: ['https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes'],
  mistakes: [20],
  severity: 'error',
  appliesTo: 'workloads',
  needs: ['StorageClass', 'PersistentVolume'],
  check(graph, { source, storage }) {
    return storage.flatMap((one) => {
      const many = one.claim?.accessModes?.find((mode) => mode === 'ReadWriteMany');
      const found = graph.classOf(one);
      if (many === undefined || !found || one.claim?.volumeMode === 'Block') return [];
      const { provisioner = '' } = found.object;
      const reach = reachOf(graph, found);
      if (!BLOCK.has(provisioner) && !reach) return [];
      const path = [...one.path, ...(one.claimName === undefined ? ['spec', 'accessModes'] : [])];
      return [
        {
          object: source,
          path,
          message: `storage ${one.name} of ${titleOf(source)} asks for ${many} of ${titleOf(found)}, which gives block devices`,
          evidence: [
            { object: source, path, says: `asks for ${many}` },
            {
              object: found,
              path: ['provisioner'],
              says: provisioner === NO_PROVISIONER ? 'stands for disks of a node' : `${provisioner} makes block devices`,
            },
          ],
          confidence: 'high' as const,
        },
      ];
    });
  },
};
