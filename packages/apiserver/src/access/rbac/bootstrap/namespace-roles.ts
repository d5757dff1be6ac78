// The roles that the namespaces of the system have from their start.
import { allow, EVENTS, READ, type RuleTable } from './rule.ts';

/** By 'namespace/name'. */
export const NAMESPACE_ROLES: RuleTable = {
  'kube-public/system:controller:bootstrap-signer': [
    allow(READ, 'core', 'configmaps'),
    allow('update', 'core', 'configmaps', 'cluster-info'),
    EVENTS,
  ],
  'kube-system/extension-apiserver-authentication-reader': [allow(READ, 'core', 'configmaps', 'extension-apiserver-authentication')],
  'kube-system/system::leader-locking-kube-controller-manager': [
    allow('watch', 'core', 'configmaps'),
    allow('get update', 'core', 'configmaps', 'kube-controller-manager'),
    allow('create get list update watch', 'coordination.k8s.io', 'leases'),
    allow('create get list update watch', 'coordination.k8s.io', 'leasecandidates'),
  ],
  'kube-system/system::leader-locking-kube-scheduler': [
    allow('watch', 'core', 'configmaps'),
    allow('get update', 'core', 'configmaps', 'kube-scheduler'),
    allow('create get list update watch', 'coordination.k8s.io', 'leases'),
    allow('create get list update watch', 'coordination.k8s.io', 'leasecandidates'),
  ],
  'kube-system/system:controller:bootstrap-signer': [allow(READ, 'core', 'secrets')],
  'kube-system/system:controller:cloud-provider': [allow('create get list watch', 'core', 'configmaps')],
  'kube-system/system:controller:token-cleaner': [allow('delete get list watch', 'core', 'secrets'), EVENTS],
};
