// Who has the roles that every cluster starts with.
import type { Subject } from '@holdfast/schema';

const RBAC = 'rbac.authorization.k8s.io';
const group = (name: string): Subject => ({ apiGroup: RBAC, kind: 'Group', name });
const user = (name: string): Subject => ({ apiGroup: RBAC, kind: 'User', name });
const account = (namespace: string, name: string): Subject => ({ kind: 'ServiceAccount', name, namespace });

const MANAGER = user('system:kube-controller-manager');
const SCHEDULER = user('system:kube-scheduler');

/** Cluster role → subjects; the binding is called as the role. */
export const CLUSTER_BINDINGS: Readonly<Record<string, readonly Subject[]>> = {
  'cluster-admin': [group('system:masters')],
  'system:monitoring': [group('system:monitoring')],
  'system:discovery': [group('system:authenticated')],
  'system:basic-user': [group('system:authenticated')],
  'system:public-info-viewer': [group('system:authenticated'), group('system:unauthenticated')],
  'system:node-proxier': [user('system:kube-proxy')],
  'system:kube-controller-manager': [MANAGER],
  'system:kube-dns': [account('kube-system', 'kube-dns')],
  'system:kube-scheduler': [SCHEDULER],
  'system:volume-scheduler': [SCHEDULER],
  // Nodes have their rights from the node authorizer; the binding stays for those who look for it.
  'system:node': [],
  'system:service-account-issuer-discovery': [group('system:serviceaccounts')],
};

/** A role binding of one of the system's namespaces. */
export interface NamespaceBinding {
  readonly namespace: string;
  readonly name: string;
  readonly role: string;
  readonly subjects: readonly Subject[];
}

const bound = (namespace: string, role: string, subjects: readonly Subject[], name = role): NamespaceBinding => ({
  namespace,
  name,
  role,
  subjects,
});

export const NAMESPACE_BINDINGS: readonly NamespaceBinding[] = [
  bound(
    'kube-system',
    'extension-apiserver-authentication-reader',
    [MANAGER, SCHEDULER],
    'system::extension-apiserver-authentication-reader',
  ),
  bound('kube-system', 'system::leader-locking-kube-controller-manager', [MANAGER, account('kube-system', 'kube-controller-manager')]),
  bound('kube-system', 'system::leader-locking-kube-scheduler', [SCHEDULER, account('kube-system', 'kube-scheduler')]),
  bound('kube-system', 'system:controller:bootstrap-signer', [account('kube-system', 'bootstrap-signer')]),
  bound('kube-system', 'system:controller:cloud-provider', [account('kube-system', 'cloud-provider')]),
  bound('kube-system', 'system:controller:token-cleaner', [account('kube-system', 'token-cleaner')]),
  bound('kube-public', 'system:controller:bootstrap-signer', [account('kube-system', 'bootstrap-signer')]),
];
