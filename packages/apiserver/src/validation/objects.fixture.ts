// Objects that are valid, to be broken in one place.
import { builtInDefinitions } from '../registry/built-in.ts';

export type Values = Record<string, unknown>;

export const POD_SPEC = { containers: [{ name: 'c', image: 'i' }] };
export const LABELS = { app: 'a' };
export const template = (spec: Values = {}): Values => ({ metadata: { labels: LABELS }, spec: { ...POD_SPEC, ...spec } });
export const workload = (spec: Values = {}): Values => ({ spec: { selector: { matchLabels: LABELS }, template: template(), ...spec } });
export const claim = (spec: Values = {}): Values => ({
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});
export const NODE_AFFINITY = {
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n'] }] }] },
};
export const volume = (spec: Values = {}): Values => ({
  spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, local: { path: '/d' }, nodeAffinity: NODE_AFFINITY, ...spec },
});
export const service = (spec: Values = {}): Values => ({ spec: { ports: [{ port: 80 }], selector: LABELS, ...spec } });

/** API version and path of the collection by kind; of kinds with several versions, the first. */
const SERVED = new Map(
  builtInDefinitions()
    .toReversed()
    .map(({ group, version, kind, resource, namespaced }) => {
      const apiVersion = group === '' ? version : `${group}/${version}`;
      const root = group === '' ? '/api/v1' : `/apis/${apiVersion}`;
      return [kind, { apiVersion, path: `${root}${namespaced ? '/namespaces/default' : ''}/${resource}` }];
    }),
);
export const pathOf = (kind: string): string => SERVED.get(kind)?.path ?? '';

export const object = (kind: string, rest: Values): Values => ({
  apiVersion: SERVED.get(kind)?.apiVersion,
  kind,
  ...rest,
  metadata: { name: 'x', ...(rest['metadata'] as Values | undefined) },
});
