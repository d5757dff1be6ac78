// References to fields of the pod and to resources of its containers.
import { canonicalQuantity, type ObjectFieldSelector, parseQuantity, type ResourceFieldSelector } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { qualifiedName } from '../names.ts';

export const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
export const VOLUME_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
/** Every field that the downward API has a name for. */
const KNOWN_FIELDS = new Set([...ENV_FIELDS, ...VOLUME_FIELDS, 'spec.restartPolicy', 'spec.schedulerName', 'status.phase', 'spec.host']);

const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const SIZES = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

export function objectField(
  { apiVersion, fieldPath }: ObjectFieldSelector,
  supported: readonly string[],
  path: string,
  errors: FieldErrors,
): void {
  if (!apiVersion) return errors.required(`${path}.apiVersion`);
  if (!fieldPath) return errors.required(`${path}.fieldPath`);
  const subscript = /^(.+)\['(.*)'\]$/.exec(fieldPath);
  const known =
    apiVersion === 'v1' && (subscript ? /^metadata\.(annotations|labels)$/.test(subscript[1] ?? '') : KNOWN_FIELDS.has(fieldPath));
  if (!known) {
    const reason =
      apiVersion === 'v1' ? `field label not supported: ${subscript?.[1] ?? fieldPath}` : `unsupported pod version: ${apiVersion}`;
    errors.invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${reason}`);
  } else if (subscript) {
    const key = subscript[2] ?? '';
    qualifiedName(subscript[1] === 'metadata.annotations' ? key.toLowerCase() : key, path, errors);
  } else errors.oneOf(`${path}.fieldPath`, fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath, supported);
}

export function containerField(
  { containerName, resource, divisor }: ResourceFieldSelector,
  { inVolume }: { readonly inVolume: boolean },
  path: string,
  errors: FieldErrors,
): void {
  const hugePages = /^(requests|limits)\.hugepages-/.test(resource);
  if (inVolume && !containerName) errors.required(`${path}.containerName`);
  else if (!resource) errors.required(`${path}.resource`);
  else if (!hugePages) errors.oneOf(`${path}.resource`, resource, RESOURCES);
  if (divisor === undefined || parseQuantity(divisor).isZero()) return;
  const cpu = resource.endsWith('.cpu');
  const kind = cpu ? 'cpu' : resource.endsWith('.memory') ? 'memory' : hugePages ? 'hugepages' : 'local ephemeral storage';
  const allowed = cpu ? ['1m', '1'] : SIZES;
  if (!hugePages && !RESOURCES.includes(resource)) return;
  if (!allowed.includes(canonicalQuantity(divisor)))
    errors.invalid(
      `${path}.divisor`,
      resource,
      `only divisor's values ${cpu ? '1m and 1' : SIZES.join(', ')} are supported with the ${kind} resource`,
    );
}
