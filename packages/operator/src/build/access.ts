// The identity of the database's pods, and what OpenShift needs to let them run under it.
import type { Role, RoleBinding, ServiceAccount } from '@holdfast/schema';
import type { CrdbCluster } from '../api/crdb-cluster.ts';
import { managedMetadata, namesOf } from './names.ts';

const RBAC = 'rbac.authorization.k8s.io';

export function buildServiceAccount(cluster: CrdbCluster, version: string): ServiceAccount {
  const { serviceAccount } = namesOf(cluster.metadata.name ?? '');
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: managedMetadata(cluster, serviceAccount, version) };
}

export function buildRole(cluster: CrdbCluster, version: string): Role {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'Role',
    metadata: managedMetadata(cluster, namesOf(cluster.metadata.name ?? '').role, version),
    rules: [{ apiGroups: ['security.openshift.io'], resources: ['securitycontextconstraints'], verbs: ['use'] }],
  };
}

export function buildRoleBinding(cluster: CrdbCluster, version: string): RoleBinding {
  const names = namesOf(cluster.metadata.name ?? '');
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: managedMetadata(cluster, names.roleBinding, version),
    roleRef: { apiGroup: RBAC, kind: 'Role', name: names.role },
    subjects: [{ kind: 'ServiceAccount', name: names.serviceAccount, namespace: cluster.metadata.namespace }],
  };
}
