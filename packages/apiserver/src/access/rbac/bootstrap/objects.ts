// The roles and bindings of a new cluster as objects.
import type { ClusterRole, ClusterRoleBinding, KubeObject, ObjectMeta, PolicyRule, Role, RoleBinding, Subject } from '@holdfast/schema';
import { CLUSTER_BINDINGS, NAMESPACE_BINDINGS } from './bindings.ts';
import { CLUSTER_ROLES } from './cluster-roles.ts';
import { CONTROLLER_ROLES } from './controller-roles.ts';
import { NAMESPACE_ROLES } from './namespace-roles.ts';

const GROUP = 'rbac.authorization.k8s.io';
const API_VERSION = `${GROUP}/v1`;
/** Permissions that are missing are added when the server starts, unless somebody sets this to 'false'. */
export const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

/** Put together from all roles with the label, by the aggregation controller; part of the next where `into` says so. */
const AGGREGATED: readonly { readonly name: string; readonly into?: string }[] = [
  { name: 'admin' },
  { name: 'edit', into: 'admin' },
  { name: 'view', into: 'edit' },
];

/** In the order in which they are created: roles before their bindings. */
export function bootstrapObjects(): readonly (KubeObject & { readonly kind: string })[] {
  return [
    ...AGGREGATED.map(aggregated),
    ...Object.entries(CLUSTER_ROLES).map(([name, rules]) => clusterRole(name, rules)),
    ...Object.entries(CONTROLLER_ROLES).map(([name, rules]) => clusterRole(controllerRole(name), rules)),
    ...Object.entries(NAMESPACE_ROLES).map(([key, rules]) => role(key, rules)),
    ...Object.entries(CLUSTER_BINDINGS).map(([name, subjects]) => clusterBinding(name, subjects)),
    ...Object.keys(CONTROLLER_ROLES).map((name) =>
      clusterBinding(controllerRole(name), [{ kind: 'ServiceAccount', name, namespace: 'kube-system' }]),
    ),
    ...NAMESPACE_BINDINGS.map(
      ({ namespace, name, role: of, subjects }): Kinded<RoleBinding> => ({
        apiVersion: API_VERSION,
        kind: 'RoleBinding',
        metadata: meta(name, {}, namespace),
        roleRef: { apiGroup: GROUP, kind: 'Role', name: of },
        subjects,
      }),
    ),
  ];
}

type Kinded<T> = T & { readonly kind: string };

function controllerRole(name: string): string {
  return `system:controller:${name}`;
}

function aggregated({ name, into }: { readonly name: string; readonly into?: string }): Kinded<ClusterRole> {
  const matchLabels = { [`${GROUP}/aggregate-to-${name}`]: 'true' };
  const labels = into === undefined ? {} : { [`${GROUP}/aggregate-to-${into}`]: 'true' };
  return { ...clusterRole(name, []), metadata: meta(name, labels), aggregationRule: { clusterRoleSelectors: [{ matchLabels }] } };
}

function clusterRole(name: string, rules: readonly PolicyRule[]): Kinded<ClusterRole> {
  const [, target] = /^system:aggregate-to-(admin|edit|view)$/.exec(name) ?? [];
  const labels = target ? { [`${GROUP}/aggregate-to-${target}`]: 'true' } : {};
  return { apiVersion: API_VERSION, kind: 'ClusterRole', metadata: meta(name, labels), rules };
}

function role(key: string, rules: readonly PolicyRule[]): Kinded<Role> {
  const [namespace = '', name = ''] = key.split('/');
  return { apiVersion: API_VERSION, kind: 'Role', metadata: meta(name, {}, namespace), rules };
}

function clusterBinding(name: string, subjects: readonly Subject[]): Kinded<ClusterRoleBinding> {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterRoleBinding',
    metadata: meta(name, {}),
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name },
    ...(subjects.length > 0 ? { subjects } : {}),
  };
}

function meta(name: string, labels: Readonly<Record<string, string>>, namespace?: string): ObjectMeta {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { [AUTO_UPDATE]: 'true' },
  };
}
