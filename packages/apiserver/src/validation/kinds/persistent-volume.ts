// Persistent volumes: one source, which never changes.
import { deepEqual, type PersistentVolume, type PersistentVolumeSpec } from '@holdfast/schema';
import { type FieldErrors, IMMUTABLE } from '../field-errors.ts';
import { validateNodeSelector } from '../labels.ts';
import { csiDriverName, dnsLabel, dnsSubdomain, noBacksteps } from '../names.ts';
import { SIMPLE_SOURCES } from '../pods/volume-sources.ts';
import { positiveQuantity } from '../quantities.ts';
import { validateAccessModes, VOLUME_MODES } from './claim-spec.ts';

type Source = Readonly<Record<string, unknown>>;
type Check = (source: Source, path: string, errors: FieldErrors) => void;

const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];

const SOURCES: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['hostPath', SIMPLE_SOURCES.hostPath],
  ['gcePersistentDisk', SIMPLE_SOURCES.gcePersistentDisk],
  ['awsElasticBlockStore', SIMPLE_SOURCES.awsElasticBlockStore],
  ['glusterfs', SIMPLE_SOURCES.glusterfs],
  ['flocker', SIMPLE_SOURCES.flocker],
  ['nfs', SIMPLE_SOURCES.nfs],
  ['rbd', SIMPLE_SOURCES.rbd],
  ['quobyte', SIMPLE_SOURCES.quobyte],
  ['cephfs', SIMPLE_SOURCES.cephfs],
  ['iscsi', SIMPLE_SOURCES.iscsi],
  ['cinder', SIMPLE_SOURCES.cinder],
  ['fc', SIMPLE_SOURCES.fc],
  ['flexVolume', SIMPLE_SOURCES.flexVolume],
  ['azureFile', SIMPLE_SOURCES.azureFile],
  ['vsphereVolume', SIMPLE_SOURCES.vsphereVolume],
  ['photonPersistentDisk', SIMPLE_SOURCES.photonPersistentDisk],
  ['portworxVolume', SIMPLE_SOURCES.portworxVolume],
  ['azureDisk', SIMPLE_SOURCES.azureDisk],
  ['scaleIO', SIMPLE_SOURCES.scaleIO],
  ['local', local],
  ['storageos', SIMPLE_SOURCES.storageos],
  ['csi', csi],
]);

/** `inline`: the spec stands in a VolumeAttachment. */
export function validateVolumeSpec(
  spec: PersistentVolumeSpec,
  path: string,
  { inline = false }: { readonly inline?: boolean },
  errors: FieldErrors,
): void {
  if (inline) inlineRules(spec, path, errors);
  if (!spec.accessModes?.length) errors.required(`${path}.accessModes`);
  validateAccessModes(spec.accessModes, `${path}.accessModes`, errors);
  if (!inline) capacity(spec, `${path}.capacity`, errors);
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy && !inline) errors.oneOf(`${path}.persistentVolumeReclaimPolicy`, policy, RECLAIM_POLICIES);
  if (spec.nodeAffinity && !inline) {
    if (spec.nodeAffinity.required) validateNodeSelector(spec.nodeAffinity.required, `${path}.nodeAffinity.required`, errors);
    else errors.required(`${path}.nodeAffinity.required`, 'must specify required node constraints');
  }
  sources(spec, path, errors);
  if (spec.hostPath && /^[/.]*$/.test(spec.hostPath.path) && policy === 'Recycle')
    errors.forbidden(`${path}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'");
  if (spec.storageClassName && !inline) dnsSubdomain(spec.storageClassName, `${path}.storageClassName`, errors);
  if (!inline) errors.oneOf(`${path}.volumeMode`, spec.volumeMode, VOLUME_MODES);
}

function sources(spec: PersistentVolumeSpec, path: string, errors: FieldErrors): void {
  let found = 0;
  for (const [field, check] of SOURCES) {
    const source = (spec as unknown as Source)[field];
    if (source === undefined) continue;
    found++;
    if (found > 1) errors.forbidden(`${path}.${field === 'cephfs' ? 'cephFS' : field}`, 'may not specify more than 1 volume type');
    else check(source as Source, `${path}.${field === 'gcePersistentDisk' ? 'persistentDisk' : field}`, errors);
    // Upstream checks this in two places, and both say so.
    if (field === 'local' && !spec.nodeAffinity)
      for (let place = 0; place < 2; place++) errors.required(`${path}.nodeAffinity`, 'Local volume requires node affinity');
  }
  if (found === 0) errors.required(path, 'must specify a volume type');
}

function capacity(spec: PersistentVolumeSpec, path: string, errors: FieldErrors): void {
  const entries = Object.entries(spec.capacity ?? {});
  if (entries.length === 0) errors.required(path);
  if (spec.capacity?.['storage'] === undefined || entries.length > 1) errors.notSupported(path, spec.capacity, ['storage']);
  for (const [name, value] of entries) positiveQuantity(value, `${path}[${name}]`, errors);
}

function inlineRules(spec: PersistentVolumeSpec, path: string, errors: FieldErrors): void {
  const words = 'may not be specified in the context of inline volumes';
  if (spec.claimRef) errors.forbidden(`${path}.claimRef`, words);
  if (Object.keys(spec.capacity ?? {}).length > 0) errors.forbidden(`${path}.capacity`, words);
  if (!spec.csi) errors.required(`${path}.csi`, 'has to be specified in the context of inline volumes');
  if (spec.persistentVolumeReclaimPolicy && spec.persistentVolumeReclaimPolicy !== 'Retain')
    errors.forbidden(`${path}.persistentVolumeReclaimPolicy`, 'may only be Retain in the context of inline volumes');
  if (spec.nodeAffinity) errors.forbidden(`${path}.nodeAffinity`, words);
  if (spec.storageClassName) errors.forbidden(`${path}.storageClassName`, words);
  if (spec.volumeMode && spec.volumeMode !== 'Filesystem')
    errors.forbidden(`${path}.volumeMode`, 'may not specify volumeMode other than Filesystem in the context of inline volumes');
}

function local(source: Source, path: string, errors: FieldErrors): void {
  const target = source['path'];
  if (typeof target !== 'string' || target === '') errors.required(`${path}.path`);
  else noBacksteps(target, `${path}.path`, errors);
}

const SECRET_REFS = ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const;

function csi(source: Source, path: string, errors: FieldErrors): void {
  csiDriverName(typeof source['driver'] === 'string' ? source['driver'] : '', `${path}.driver`, errors);
  if (!source['volumeHandle']) errors.required(`${path}.volumeHandle`);
  for (const field of SECRET_REFS) {
    const secret = source[field] as { readonly name?: string; readonly namespace?: string } | undefined;
    if (!secret) continue;
    if (!secret.name) errors.required(`${path}.${field}.name`);
    else dnsSubdomain(secret.name, `${path}.${field}.name`, errors);
    if (!secret.namespace) errors.required(`${path}.${field}.namespace`);
    else dnsLabel(secret.namespace, `${path}.${field}.namespace`, errors);
  }
}

export function validateVolume(volume: PersistentVolume, errors: FieldErrors): void {
  validateVolumeSpec(volume.spec ?? {}, 'spec', {}, errors);
}

export function validateVolumeUpdate(next: PersistentVolume, old: PersistentVolume, errors: FieldErrors): void {
  if (!deepEqual(sourceOf(next.spec, old.spec), sourceOf(old.spec, old.spec)))
    errors.forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation');
  if (next.spec?.volumeMode !== old.spec?.volumeMode) errors.invalid('volumeMode', next.spec?.volumeMode, IMMUTABLE);
  if (old.spec?.nodeAffinity && !deepEqual(withGaLabels(next.spec?.nodeAffinity, old.spec.nodeAffinity), old.spec.nodeAffinity))
    errors.invalid('nodeAffinity', next.spec?.nodeAffinity, `${IMMUTABLE}, except for updating from beta label to GA`);
  if (next.spec?.volumeAttributesClassName !== old.spec?.volumeAttributesClassName)
    errors.forbidden('spec.volumeAttributesClassName', 'update is forbidden when the VolumeAttributesClass feature gate is disabled');
}

function sourceOf(spec: PersistentVolumeSpec | undefined, old: PersistentVolumeSpec | undefined): Source {
  const given = Object.entries(spec ?? {}).filter(([field, value]) => SOURCES.has(field) && value !== undefined);
  const source = Object.fromEntries(given);
  // A secret for expansion may be added later.
  if (!spec?.csi || !old?.csi || old.csi.controllerExpandSecretRef) return source;
  const { controllerExpandSecretRef: _added, ...rest } = spec.csi;
  return { ...source, csi: rest };
}

const GA_LABELS: Readonly<Record<string, string>> = {
  'topology.kubernetes.io/zone': 'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region': 'failure-domain.beta.kubernetes.io/region',
};

/** The new affinity with well-known labels under their old names wherever the old affinity has them so. */
function withGaLabels(next: PersistentVolumeSpec['nodeAffinity'], old: NonNullable<PersistentVolumeSpec['nodeAffinity']>): unknown {
  const had = new Set(
    (old.required?.nodeSelectorTerms ?? []).flatMap((term) => (term.matchExpressions ?? []).map((expression) => expression.key)),
  );
  const required = next?.required;
  if (!required) return next;
  return {
    ...next,
    required: {
      ...required,
      nodeSelectorTerms: (required.nodeSelectorTerms ?? []).map((term) => ({
        ...term,
        ...(term.matchExpressions
          ? {
              matchExpressions: term.matchExpressions.map((expression) => {
                const beta = Object.hasOwn(GA_LABELS, expression.key) ? GA_LABELS[expression.key] : undefined;
                return beta !== undefined && had.has(beta) && !had.has(expression.key) ? { ...expression, key: beta } : expression;
              }),
            }
          : {}),
      })),
    },
  };
}
