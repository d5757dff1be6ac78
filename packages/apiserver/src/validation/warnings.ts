// What a server says of objects that it accepts: deprecated fields, and combinations that do not do what they seem to.
import type { PersistentVolume, PersistentVolumeClaim, PodTemplateSpec, Service } from '@holdfast/schema';
import { isWhole } from './quantities.ts';
import { DEPRECATED_SOURCES, termWarnings } from './deprecated.ts';
import { podWarnings } from './pods/warnings.ts';

/** Of a pod template at `path`: 'spec.template'. */
export function templateWarnings(template: PodTemplateSpec | undefined, path: string): readonly string[] {
  return template?.spec ? podWarnings(template.spec, template.metadata?.annotations, `${path}.`) : [];
}

export function volumeWarnings({ metadata, spec }: PersistentVolume): readonly string[] {
  const found: string[] = [];
  const annotations = metadata?.annotations ?? {};
  const old = { 'storage-class': ['v1.8', 'storageClassName'], 'mount-options': ['v1.31', 'mountOptions'] } as const;
  for (const [name, [since, field]] of Object.entries(old)) {
    const key = `volume.beta.kubernetes.io/${name}`;
    if (Object.hasOwn(annotations, key))
      found.push(`metadata.annotations[${key}]: deprecated since ${since}; use "${field}" attribute instead`);
  }
  if (spec?.persistentVolumeReclaimPolicy === 'Recycle')
    found.push(
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    );
  for (const [index, term] of (spec?.nodeAffinity?.required?.nodeSelectorTerms ?? []).entries())
    found.push(...termWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`));
  for (const [field, words] of Object.entries(DEPRECATED_SOURCES))
    if (spec && Object.hasOwn(spec, field)) found.push(`spec.${field}: ${words}`);
  return found;
}

export function claimWarnings({ metadata, spec }: PersistentVolumeClaim, path = 'spec'): readonly string[] {
  const found: string[] = [];
  const key = 'volume.beta.kubernetes.io/storage-class';
  if (Object.hasOwn(metadata?.annotations ?? {}, key))
    found.push(`metadata.annotations[${key}]: deprecated since v1.8; use "storageClassName" attribute instead`);
  for (const field of ['requests', 'limits'] as const) {
    const value = spec?.resources?.[field]?.['storage'];
    if (value !== undefined && !isWhole(value))
      found.push(`${path}.resources.${field}[storage]: fractional byte value "${value}" is invalid, must be an integer`);
  }
  return found;
}

export function serviceWarnings({ metadata, spec }: Service): readonly string[] {
  const found: string[] = [];
  if (Object.hasOwn(metadata?.annotations ?? {}, 'service.kubernetes.io/topology-aware-hints'))
    found.push(
      'annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead',
    );
  if (spec?.type === 'ExternalName' && spec.externalIPs?.length) found.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (spec?.type !== 'ExternalName' && spec?.externalName) found.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  return found;
}
