// Who the parts of a lab's cluster are: each has an identity of its own, with upstream's rights or less.
import { type Client, createClient, inProcessTransport } from '@holdfast/client';
import type { ComponentFactory } from '@holdfast/controller';
import {
  type ApiHandler,
  CLUSTERROLEBINDINGS,
  CLUSTERROLES,
  isAlreadyExists,
  type KubeObject,
  type PolicyRule,
  type ResourceType,
  type UserInfo,
} from '@holdfast/schema';

const RBAC = 'rbac.authorization.k8s.io';
const SYSTEM = 'kube-system';

export const ADMINISTRATOR: UserInfo = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
export const CONTROLLER_MANAGER = component('system:kube-controller-manager');
export const SCHEDULER = component('system:kube-scheduler');
export const PROXY = component('system:kube-proxy');
export const DNS = systemAccount('coredns');
/** One set of caches serves all nodes of a lab; what a node does beyond looking into them, it does under its own name. */
export const NODE_CACHES = systemAccount('holdfast-node-caches');

/** As whom the server asks agents that are other programs; kubeadm's name for it. */
export const KUBELET_CLIENT = 'kube-apiserver-kubelet-client';

function component(username: string): UserInfo {
  return { username, groups: ['system:authenticated'] };
}

/** The service account `name` of kube-system. */
export function systemAccount(name: string): UserInfo {
  return {
    username: `system:serviceaccount:${SYSTEM}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${SYSTEM}`, 'system:authenticated'],
  };
}

export function nodeUser(name: string): UserInfo {
  return { username: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] };
}

export function clientOf(handle: ApiHandler, user: UserInfo): Client {
  return createClient(inProcessTransport(handle, user));
}

/** The component with a client of its own; it shares the caches of the manager that runs it. */
export function actingAs(client: Client, make: ComponentFactory): ComponentFactory {
  return (context) => make({ ...context, client });
}

/** The rights of the parts that a new API server does not know of: what an installer such as kubeadm brings. */
const ADDON_ROLES: readonly { readonly name: string; readonly account: string; readonly rules: readonly PolicyRule[] }[] = [
  {
    name: 'system:coredns',
    account: 'coredns',
    rules: [
      { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
      { apiGroups: [''], resources: ['nodes'], verbs: ['get'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ],
  },
  {
    name: 'holdfast:node-caches',
    account: 'holdfast-node-caches',
    rules: [{ apiGroups: [''], resources: ['pods', 'services', 'nodes', 'configmaps', 'secrets'], verbs: ['list', 'watch'] }],
  },
];

/** Creates those roles and their bindings where they are missing. `client` speaks as the administrator. */
export async function installAddonRoles(client: Client): Promise<void> {
  for (const { name, account, rules } of ADDON_ROLES) {
    await ensure(client, CLUSTERROLES, { metadata: { name }, rules });
    await ensure(client, CLUSTERROLEBINDINGS, {
      metadata: { name },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace: SYSTEM }],
    });
  }
  // The role comes with the server, as upstream; who the server is for kubelets, the installer decides.
  await ensure(client, CLUSTERROLEBINDINGS, {
    metadata: { name: KUBELET_CLIENT },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'system:kubelet-api-admin' },
    subjects: [{ apiGroup: RBAC, kind: 'User', name: KUBELET_CLIENT }],
  });
}

async function ensure<T extends KubeObject>(client: Client, type: ResourceType<T>, object: T): Promise<void> {
  await client.create(type, object).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}
