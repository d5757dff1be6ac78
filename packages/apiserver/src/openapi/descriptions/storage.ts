// Volumes, claims and classes.
import type { Descriptions } from './descriptions.ts';

const MODES = 'ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.';

export const STORAGE: Descriptions = {
  'core.v1.PersistentVolumeClaim': ['A wish for a volume, bound to one that fits.', {}],
  'core.v1.PersistentVolumeClaimSpec': [
    'What is wished for. Most of it cannot be changed.',
    {
      accessModes: MODES,
      selector: 'Labels that the volume must have. No volume is made for a claim with one.',
      resources: 'The size. It may grow where the class allows it, and never shrinks.',
      volumeName: 'The volume that the claim is bound to, or is to be.',
      storageClassName: 'The class. Empty text: only volumes without a class; absent: the default class.',
      volumeMode: 'Filesystem or Block. Default: Filesystem.',
      dataSource: 'A snapshot or claim whose data the volume starts with.',
      dataSourceRef: 'As dataSource, for any kind of source.',
      volumeAttributesClassName: 'Class of attributes that may be changed later.',
    },
  ],
  'core.v1.PersistentVolumeClaimStatus': [
    'The state of a claim.',
    {
      phase: 'Pending, Bound or Lost.',
      accessModes: MODES,
      capacity: 'The size that is there.',
      allocatedResources: 'The size that is being made.',
    },
  ],
  'core.v1.PersistentVolume': ['A volume of the cluster.', {}],
  'core.v1.PersistentVolumeSpec': [
    'What the volume is.',
    {
      capacity: 'Its size.',
      accessModes: MODES,
      claimRef: 'The claim that it is bound to. While it names a deleted claim, the volume is Released and nobody gets it.',
      persistentVolumeReclaimPolicy: 'What happens to the data when the claim is deleted: Retain or Delete.',
      storageClassName: 'The class that claims must name.',
      mountOptions: 'Options of the mount.',
      volumeMode: 'Filesystem or Block.',
      nodeAffinity: 'Nodes from which it can be reached. It cannot be changed once set.',
      local: 'A disk or folder of one node.',
      csi: 'A volume of a driver.',
      hostPath: 'A folder of a node; for tests.',
      nfs: 'A folder of an NFS server.',
    },
  ],
  'core.v1.PersistentVolumeStatus': [
    'The state of a volume.',
    {
      phase: 'Pending, Available, Bound, Released or Failed.',
      message: 'Why, in words.',
      reason: 'Why, as one word.',
      lastPhaseTransitionTime: 'When the phase changed last.',
    },
  ],
  'core.v1.LocalVolumeSource': ['A disk or folder of one node.', { path: 'Where it is on the node.', fsType: 'File system of a disk.' }],
  'core.v1.CSIPersistentVolumeSource': [
    'A volume of a driver.',
    {
      driver: 'Name of the driver.',
      volumeHandle: 'What the driver calls the volume.',
      fsType: 'File system.',
      readOnly: 'Whether it is mounted read-only.',
      volumeAttributes: 'What the driver wants to know.',
    },
  ],
  'storage.v1.StorageClass': [
    'A kind of volumes and who makes them. Except for allowVolumeExpansion nothing can be changed.',
    {
      provisioner: 'Who makes the volumes; kubernetes.io/no-provisioner: nobody, they are made by hand.',
      parameters: 'What the provisioner wants to know.',
      reclaimPolicy: 'What happens to the data when the claim is deleted. Default: Delete.',
      mountOptions: 'Options of the mounts.',
      allowVolumeExpansion: 'Whether claims may grow.',
      volumeBindingMode: 'Immediate, or WaitForFirstConsumer to choose a volume where the pod can run.',
      allowedTopologies: 'Where volumes are made.',
    },
  ],
  'storage.v1.CSIDriver': ['What a driver is able to do.', {}],
  'storage.v1.VolumeAttachment': ['That a volume is, or is to be, attached to a node.', {}],
};
