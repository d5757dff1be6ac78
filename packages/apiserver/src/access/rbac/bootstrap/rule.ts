// A short way to write down the rules of roles.
import type { PolicyRule } from '@holdfast/schema';

/** Rules by the name of their role. */
export type RuleTable = Readonly<Record<string, readonly PolicyRule[]>>;

export const READ = 'get list watch';
export const WRITE = 'create update patch delete deletecollection';
export const READ_WRITE = `${READ} ${WRITE}`;
export const READ_UPDATE = `${READ} update patch`;

/** Lists are separated by spaces; the group without a name is written `core`. */
export function allow(verbs: string, groups: string, resources: string, names?: string): PolicyRule {
  return {
    verbs: verbs.split(' '),
    apiGroups: groups.split(' ').map((group) => (group === 'core' ? '' : group)),
    resources: resources.split(' '),
    ...(names === undefined ? {} : { resourceNames: names.split(' ') }),
  };
}

/** A rule for paths that are no resources. */
export function paths(verbs: string, urls: string): PolicyRule {
  return { verbs: verbs.split(' '), nonResourceURLs: urls.split(' ') };
}

/** Whoever works writes events. */
export const EVENTS: PolicyRule = allow('create update patch', 'core events.k8s.io', 'events');
