// Volumes of a database are not encrypted, though their driver could.
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

/** Drivers that encrypt only when told to, and the parameter that tells them. Azure and GCE disks are always encrypted. */
const SWITCHES: ReadonlyMap<string, string> = new Map([
  ['ebs.csi.aws.com', 'encrypted'],
  ['kubernetes.io/aws-ebs', 'encrypted'],
  ['ebs.csi.eks.amazonaws.com', 'encrypted'],
  ['rbd.csi.ceph.com', 'encrypted'],
  ['rook-ceph.rbd.csi.ceph.com', 'encrypted'],
  ['driver.longhorn.io', 'encrypted'],
  ['pxd.portworx.com', 'secure'],
]);

export const rule: Rule = {
  id: 'unencrypted-volumes',
  title: 'volumes of a database are not encrypted',
  about:
    'Drivers of EBS, Ceph RBD, Longhorn and Portworx encrypt a volume only when a parameter of the class says so. A disk, a snapshot or a copy of it that gets into other hands is then readable. An AWS account may encrypt by default, which no manifest shows; Azure and Google always encrypt.',
  loss: 'whoever gets a copy of the disk or of a snapshot reads all data',
  fix: 'make a class with the parameter (encrypted: "true"); parameters of a class cannot be changed, and volumes that exist stay as they are',
  sources: [
    'https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md',
    'https://longhorn.io/docs/latest/advanced-resources/security/volume-encryption/',
  ],
  mistakes: [19],
  severity: 'warning',
  appliesTo: 'databases',
  needs: ['StorageClass'],
  check(graph, { source, storage }) {
    return storage
      .filter(({ holdsState }) => holdsState)
      .flatMap((one) => {
        const found = graph.classOf(one);
        const parameter = SWITCHES.get(found?.object.provisioner ?? '');
        if (!found || parameter === undefined || found.object.parameters?.[parameter] === 'true') return [];
        const path = found.object.parameters?.[parameter] === undefined ? ['provisioner'] : ['parameters', parameter];
        return [
          {
            object: found,
            path,
            message: `volumes of ${titleOf(found)} are not encrypted, and ${titleOf(source)} keeps its data in one`,
            evidence: [
              { object: source, path: one.path, says: `storage ${one.name} takes its volumes from class ${found.name}` },
              { object: found, path, says: `${found.object.provisioner} encrypts only with parameter ${parameter}: "true"` },
            ],
            confidence: 'medium' as const,
          },
        ];
      });
  },
};
