// The conditions and sources that the table's defaults name in words. Each takes the object of the type at which the
// default applies; a test checks that every phrase of the table is here.
import { isRecord } from '../deep.ts';

type Holder = Readonly<Record<string, unknown>>;

/** The member at a dotted path, undefined where the path ends early. */
export function at(holder: unknown, path: string): unknown {
  let value: unknown = holder;
  for (const step of path.split('.')) {
    if (!isRecord(value)) return undefined;
    value = value[step];
  }
  return value;
}

/** Whether a value is what Go calls unset: nil or zero. */
export function isUnset(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  return Array.isArray(value) ? value.length === 0 : isRecord(value) && isBlank(value);
}

/** Nil: what a pointer, list or map is before it is set. */
export function isNil(value: unknown): boolean {
  return value === undefined || value === null;
}

function isBlank(value: object): boolean {
  return Object.keys(value).length === 0;
}

const is =
  (path: string, ...values: readonly unknown[]) =>
  (holder: Holder): boolean =>
    values.includes(at(holder, path));
const isSet =
  (path: string) =>
  (holder: Holder): boolean =>
    !isNil(at(holder, path));
const unset =
  (path: string) =>
  (holder: Holder): boolean =>
    isUnset(at(holder, path));

/** Volume members that are not sources. */
const NOT_A_SOURCE = new Set(['name']);

/** Conditions by their words. */
export const CONDITIONS: Readonly<Record<string, (holder: Holder) => boolean>> = {
  'updateStrategy.type is RollingUpdate': is('updateStrategy.type', 'RollingUpdate'),
  'strategy.type is RollingUpdate': is('strategy.type', 'RollingUpdate'),
  'updateStrategy.type was empty before defaulting': unset('updateStrategy.type'),
  'updateStrategy.type is RollingUpdate and rollingUpdate set': (h) =>
    is('updateStrategy.type', 'RollingUpdate')(h) && isSet('updateStrategy.rollingUpdate')(h),
  'no metric given; set during conversion': unset('spec.targetCPUUtilizationPercentage'),
  'metrics empty': unset('spec.metrics'),
  'spec.behavior set; member by member': isSet('spec.behavior'),
  'completions and parallelism both unset': (h) => isNil(at(h, 'spec.completions')) && isNil(at(h, 'spec.parallelism')),
  'spec.backoffLimitPerIndex set': isSet('spec.backoffLimitPerIndex'),
  'labels empty and template labels set': (h) => unset('metadata.labels')(h) && !isUnset(at(h, 'spec.template.metadata.labels')),
  'spec.podFailurePolicy set': isSet('spec.podFailurePolicy'),
  'internal only: empty map is not written out': () => false,
  'tag of image is latest': (h) => imageTag(at(h, 'image')) === 'latest',
  'image has no tag and no digest': (h) => imageTag(at(h, 'image')) === '',
  'tag of image.reference is latest': (h) => imageTag(at(h, 'image.reference')) === 'latest',
  'image.reference has no tag and no digest': (h) => imageTag(at(h, 'image.reference')) === '',
  'image set': isSet('image'),
  'type is Container and default unset': (h) => is('type', 'Container')(h) && isNil(h['default']),
  'type is Container and defaultRequest unset': (h) => is('type', 'Container')(h) && isNil(h['defaultRequest']),
  'name not empty': (h) => !isUnset(at(h, 'metadata.name')),
  'allocatable unset and capacity set': (h) => isNil(h['allocatable']) && !isNil(h['capacity']),
  'selector empty and template labels set': (h) => unset('spec.selector')(h) && !isUnset(at(h, 'spec.template.metadata.labels')),
  'spec.sessionAffinity is None': is('spec.sessionAffinity', 'None'),
  'spec.sessionAffinity is ClientIP and clientIP.timeoutSeconds unset': (h) =>
    is('spec.sessionAffinity', 'ClientIP')(h) && isNil(at(h, 'spec.sessionAffinityConfig.clientIP.timeoutSeconds')),
  'type LoadBalancer or NodePort, or type ClusterIP with externalIPs': (h) =>
    is('spec.type', 'LoadBalancer', 'NodePort')(h) || (is('spec.type', 'ClusterIP')(h) && !isUnset(at(h, 'spec.externalIPs'))),
  'type NodePort, LoadBalancer or ClusterIP': is('spec.type', 'NodePort', 'LoadBalancer', 'ClusterIP'),
  'type LoadBalancer': is('spec.type', 'LoadBalancer'),
  'no volume source member set': (h) => !Object.keys(h).some((key) => !NOT_A_SOURCE.has(key) && !isNil(h[key])),
  'spec.parameters set': isSet('spec.parameters'),
  'policyTypes empty': unset('spec.policyTypes'),
  'spec.egress not empty': (h) => !isUnset(at(h, 'spec.egress')),
  'kind is User or Group': is('kind', 'User', 'Group'),
  'allocationMode is ExactCount and count is 0': (h) => is('allocationMode', 'ExactCount')(h) && unset('count')(h),
  'list empty': unset('spec.volumeLifecycleModes'),
  'storedVersions empty': unset('status.storedVersions'),
  'names.kind not empty': (h) => !isUnset(at(h, 'names.kind')),
};

/** Sources in words; any other source is a path. */
export const SOURCES: Readonly<Record<string, (holder: Holder) => unknown>> = {
  'lowercase(names.kind)': (h) => text(at(h, 'names.kind')).toLowerCase(),
  'names.kind + List': (h) => `${text(at(h, 'names.kind'))}List`,
  'name of the first spec.versions[] with storage true': (h) => {
    const versions = at(h, 'spec.versions');
    const stored = Array.isArray(versions) ? versions.find((v: unknown) => isRecord(v) && v['storage'] === true) : undefined;
    return isRecord(stored) ? [stored['name']] : undefined;
  },
};

/** The tag of an image reference: '' without tag and digest, undefined with a digest only. */
export function imageTag(image: unknown): string | undefined {
  const reference = text(image);
  const digest = reference.indexOf('@');
  const named = digest < 0 ? reference : reference.slice(0, digest);
  const colon = named.lastIndexOf(':');
  if (colon > named.lastIndexOf('/')) return named.slice(colon + 1);
  return digest < 0 ? '' : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
