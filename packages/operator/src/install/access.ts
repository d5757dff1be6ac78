// What the operator may do in a cluster, and no more.
import type { ClusterRole, ClusterRoleBinding, PolicyRule, ServiceAccount } from '@holdfast/schema';
import { CRDB_CLUSTERS } from '../api/crdb-cluster.ts';

export const OPERATOR_NAMESPACE = 'cockroach-operator-system';
export const OPERATOR_SERVICE_ACCOUNT = 'cockroach-operator-sa';
const ROLE = 'cockroach-operator-role';
const RBAC = 'rbac.authorization.k8s.io';

const READ = ['get', 'list', 'watch'];
const WRITE = [...READ, 'create', 'update', 'patch'];

export function operatorServiceAccount(): ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: OPERATOR_SERVICE_ACCOUNT, namespace: OPERATOR_NAMESPACE, labels: { app: 'cockroach-operator' } },
  };
}

export function operatorClusterRole(): ClusterRole {
  return { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name: ROLE }, rules: rules() };
}

export function operatorClusterRoleBinding(): ClusterRoleBinding {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'cockroach-operator-rolebinding' },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: ROLE },
    subjects: [{ kind: 'ServiceAccount', name: OPERATOR_SERVICE_ACCOUNT, namespace: OPERATOR_NAMESPACE }],
  };
}

function rules(): readonly PolicyRule[] {
  const { group, resource } = CRDB_CLUSTERS;
  return [
    { apiGroups: [group], resources: [resource], verbs: [...READ, 'update', 'patch'] },
    { apiGroups: [group], resources: [`${resource}/status`, `${resource}/finalizers`], verbs: ['get', 'update', 'patch'] },
    { apiGroups: [''], resources: ['services', 'serviceaccounts'], verbs: WRITE },
    { apiGroups: ['apps'], resources: ['statefulsets'], verbs: WRITE },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: WRITE },
    { apiGroups: [RBAC], resources: ['roles', 'rolebindings'], verbs: WRITE },
    // No verb deletes pods or claims: nothing the operator does yet needs that.
    { apiGroups: [''], resources: ['pods'], verbs: READ },
    { apiGroups: [''], resources: ['pods/exec'], verbs: ['create', 'get'] },
    { apiGroups: [''], resources: ['nodes', 'configmaps'], verbs: ['get', 'list'] },
    { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
    // What the operator gives on to the database's service account it must have itself.
    { apiGroups: ['security.openshift.io'], resources: ['securitycontextconstraints'], verbs: ['use'] },
  ];
}
