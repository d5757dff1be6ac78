// Volume sources that need little more than their required fields.
import type { FieldErrors } from '../field-errors.ts';
import { csiDriverName, descendingPath, dnsSubdomain, noBacksteps } from '../names.ts';

type Source = Readonly<Record<string, unknown>>;
type Check = (source: Source, path: string, errors: FieldErrors) => void;

/** A check that the fields are there and not empty. */
function needs(...fields: readonly string[]): Check {
  return (source, path, errors) => {
    for (const field of fields) {
      const value = source[field];
      if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) errors.required(`${path}.${field}`);
    }
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Checks by the field of the source. */
export const SIMPLE_SOURCES = {
  hostPath: (source, path, errors) => {
    if (!source['path']) return errors.required(`${path}.path`);
    noBacksteps(text(source['path']), `${path}.path`, errors);
    errors.oneOf(`${path}.type`, source['type'] as string | undefined, HOST_PATH_TYPES);
  },
  gitRepo: (source, path, errors) => {
    needs('repository')(source, path, errors);
    descendingPath(text(source['directory']), `${path}.directory`, errors);
  },
  gcePersistentDisk: (source, path, errors) => {
    needs('pdName')(source, path, errors);
    partition(source, path, errors);
  },
  awsElasticBlockStore: (source, path, errors) => {
    needs('volumeID')(source, path, errors);
    partition(source, path, errors);
  },
  nfs: (source, path, errors) => {
    needs('server', 'path')(source, path, errors);
    if (!text(source['path']).startsWith('/')) errors.invalid(`${path}.path`, text(source['path']), 'must be an absolute path');
  },
  iscsi: (source, path, errors) => {
    needs('targetPortal', 'iqn')(source, path, errors);
    const lun = source['lun'];
    if (typeof lun === 'number' && (lun < 0 || lun > 255)) errors.invalid(`${path}.lun`, lun, 'must be between 0 and 255, inclusive');
  },
  glusterfs: needs('endpoints', 'path'),
  flocker: (source, path, errors) => {
    if (!source['datasetName'] && !source['datasetUUID']) errors.required(path, 'one of datasetName and datasetUUID is required');
    if (source['datasetName'] && source['datasetUUID'])
      errors.invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously');
  },
  persistentVolumeClaim: needs('claimName'),
  rbd: needs('monitors', 'image'),
  cinder: needs('volumeID'),
  cephfs: needs('monitors'),
  quobyte: needs('registry', 'volume'),
  fc: (source, path, errors) => {
    const named = !isEmpty(source['targetWWNs']);
    const wide = !isEmpty(source['wwids']);
    if (!named && !wide) errors.required(`${path}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both');
    if (named && wide)
      errors.invalid(`${path}.targetWWNs`, source['targetWWNs'], 'targetWWNs and wwids can not be specified simultaneously');
    if (named && source['lun'] === undefined) errors.required(`${path}.lun`, 'lun is required if targetWWNs is specified');
  },
  flexVolume: needs('driver'),
  azureFile: needs('secretName', 'shareName'),
  vsphereVolume: needs('volumePath'),
  photonPersistentDisk: needs('pdID'),
  portworxVolume: needs('volumeID'),
  azureDisk: needs('diskName', 'diskURI'),
  storageos: needs('volumeName'),
  scaleIO: needs('gateway', 'system', 'volumeName'),
  csi: (source, path, errors) => {
    csiDriverName(text(source['driver']), `${path}.driver`, errors);
    const secret = source['nodePublishSecretRef'] as { readonly name?: string } | undefined;
    if (!secret) return;
    if (!secret.name) errors.required(`${path}.nodePublishSecretRef.name`);
    else dnsSubdomain(secret.name, `${path}.name`, errors);
  },
  image: (source, path, errors) => {
    needs('reference')(source, path, errors);
    errors.oneOf(`${path}.pullPolicy`, source['pullPolicy'] as string | undefined, ['Always', 'IfNotPresent', 'Never']);
  },
} as const satisfies Record<string, Check>;

export const HOST_PATH_TYPES = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

function partition(source: Source, path: string, errors: FieldErrors): void {
  const value = source['partition'];
  if (typeof value === 'number' && (value < 0 || value > 255))
    errors.invalid(`${path}.partition`, value, 'must be between 0 and 255, inclusive');
}

function isEmpty(value: unknown): boolean {
  return !Array.isArray(value) || value.length === 0;
}
