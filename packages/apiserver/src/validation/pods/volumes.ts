// The volumes of a pod: one source each, and what each kind of source demands.
import type { Volume } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { dnsLabel } from '../names.ts';
import { validateClaimTemplate } from './claim-template.ts';
import { configMapSource, downwardApiSource, projectedSource, secretSource } from './projections.ts';
import { SIMPLE_SOURCES } from './volume-sources.ts';

type Source = Readonly<Record<string, unknown>>;
type Check = (source: Source, path: string, errors: FieldErrors) => void;

/** Checks by the field of the source, in upstream's order: of two sources the later one is forbidden. */
const SOURCES: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['emptyDir', (source, path, errors) => emptyDir(source as NonNullable<Volume['emptyDir']>, path, errors)],
  ['hostPath', SIMPLE_SOURCES.hostPath],
  ['gitRepo', SIMPLE_SOURCES.gitRepo],
  ['gcePersistentDisk', SIMPLE_SOURCES.gcePersistentDisk],
  ['awsElasticBlockStore', SIMPLE_SOURCES.awsElasticBlockStore],
  ['secret', (source, path, errors) => secretSource(source as NonNullable<Volume['secret']>, path, errors)],
  ['nfs', SIMPLE_SOURCES.nfs],
  ['iscsi', SIMPLE_SOURCES.iscsi],
  ['glusterfs', SIMPLE_SOURCES.glusterfs],
  ['flocker', SIMPLE_SOURCES.flocker],
  ['persistentVolumeClaim', SIMPLE_SOURCES.persistentVolumeClaim],
  ['rbd', SIMPLE_SOURCES.rbd],
  ['cinder', SIMPLE_SOURCES.cinder],
  ['cephfs', SIMPLE_SOURCES.cephfs],
  ['quobyte', SIMPLE_SOURCES.quobyte],
  ['downwardAPI', (source, path, errors) => downwardApiSource(source as NonNullable<Volume['downwardAPI']>, path, errors)],
  ['fc', SIMPLE_SOURCES.fc],
  ['flexVolume', SIMPLE_SOURCES.flexVolume],
  ['configMap', (source, path, errors) => configMapSource(source as NonNullable<Volume['configMap']>, path, errors)],
  ['azureFile', SIMPLE_SOURCES.azureFile],
  ['vsphereVolume', SIMPLE_SOURCES.vsphereVolume],
  ['photonPersistentDisk', SIMPLE_SOURCES.photonPersistentDisk],
  ['portworxVolume', SIMPLE_SOURCES.portworxVolume],
  ['azureDisk', SIMPLE_SOURCES.azureDisk],
  ['storageos', SIMPLE_SOURCES.storageos],
  ['projected', (source, path, errors) => projectedSource(source as NonNullable<Volume['projected']>, path, errors)],
  ['scaleIO', SIMPLE_SOURCES.scaleIO],
  ['csi', SIMPLE_SOURCES.csi],
  ['ephemeral', (source, path, errors) => ephemeral(source as NonNullable<Volume['ephemeral']>, path, errors)],
  ['image', SIMPLE_SOURCES.image],
]);

/** Checks the volumes; returns the good ones by name, which mounts may refer to. `podName` is '' in templates. */
export function validateVolumes(
  volumes: readonly Volume[],
  podName: string,
  path: string,
  errors: FieldErrors,
): ReadonlyMap<string, Volume> {
  const good = new Map<string, Volume>();
  const created = new Set(volumes.filter((volume) => podName && volume.ephemeral).map((volume) => `${podName}-${volume.name}`));
  for (const [index, volume] of volumes.entries()) {
    const at = `${path}[${index}]`;
    const before = errors.count;
    validateSource(volume, at, errors);
    if (!volume.name) errors.required(`${at}.name`);
    else dnsLabel(volume.name, `${at}.name`, errors);
    if (good.has(volume.name)) errors.duplicate(`${at}.name`, volume.name);
    if (errors.count === before) good.set(volume.name, volume);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && created.has(claim))
      errors.invalid(`${at}.persistentVolumeClaim.claimName`, claim, 'must not reference a PVC that gets created for an ephemeral volume');
  }
  return good;
}

function validateSource(volume: Volume, path: string, errors: FieldErrors): void {
  let found = 0;
  for (const [field, check] of SOURCES) {
    const source = (volume as unknown as Source)[field];
    if (source === undefined) continue;
    found++;
    if (found > 1) errors.forbidden(`${path}.${field}`, 'may not specify more than 1 volume type');
    else check(source as Source, `${path}.${field === 'gcePersistentDisk' ? 'persistentDisk' : field}`, errors);
  }
  if (found === 0) errors.required(path, 'must specify a volume type');
}

function emptyDir({ sizeLimit }: NonNullable<Volume['emptyDir']>, path: string, errors: FieldErrors): void {
  if (sizeLimit !== undefined && String(sizeLimit).startsWith('-'))
    errors.forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity');
}

function ephemeral({ volumeClaimTemplate }: NonNullable<Volume['ephemeral']>, path: string, errors: FieldErrors): void {
  if (!volumeClaimTemplate) errors.required(`${path}.volumeClaimTemplate`);
  else validateClaimTemplate(volumeClaimTemplate, `${path}.volumeClaimTemplate`, errors);
}
