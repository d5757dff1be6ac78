// The merge keys of 1.32, as upstream's own OpenAPI states them: what a strategic merge patch merges, and by what.
import { expect, test } from 'vitest';
import { findTypeDef } from '../type-table.ts';

// 'Type.field': the key, or 'set' for lists of scalars; after a comma another strategy.
const MERGED: Readonly<Record<string, string>> = {
  'meta.v1.ObjectMeta.finalizers': 'set',
  'meta.v1.ObjectMeta.ownerReferences': 'uid',
  'core.v1.PodSpec.containers': 'name',
  'core.v1.PodSpec.initContainers': 'name',
  'core.v1.PodSpec.ephemeralContainers': 'name',
  'core.v1.PodSpec.volumes': 'name, retainKeys',
  'core.v1.PodSpec.imagePullSecrets': 'name',
  'core.v1.PodSpec.hostAliases': 'ip',
  'core.v1.PodSpec.topologySpreadConstraints': 'topologyKey',
  'core.v1.PodSpec.schedulingGates': 'name',
  'core.v1.PodSpec.resourceClaims': 'name, retainKeys',
  'core.v1.Container.env': 'name',
  'core.v1.Container.ports': 'containerPort',
  'core.v1.Container.volumeMounts': 'mountPath',
  'core.v1.Container.volumeDevices': 'devicePath',
  'core.v1.PodStatus.conditions': 'type',
  'core.v1.PodStatus.podIPs': 'ip',
  'core.v1.PodStatus.hostIPs': 'ip',
  'core.v1.PodStatus.resourceClaimStatuses': 'name, retainKeys',
  'core.v1.ContainerStatus.volumeMounts': 'mountPath',
  'core.v1.ContainerStatus.allocatedResourcesStatus': 'name',
  'core.v1.ServiceSpec.ports': 'port',
  'core.v1.ServiceStatus.conditions': 'type',
  'core.v1.ServiceAccount.secrets': 'name',
  'core.v1.NodeSpec.podCIDRs': 'set',
  'core.v1.NodeStatus.addresses': 'type',
  'core.v1.NodeStatus.conditions': 'type',
  'core.v1.NamespaceStatus.conditions': 'type',
  'core.v1.PersistentVolumeClaimStatus.conditions': 'type',
  'core.v1.ReplicationControllerStatus.conditions': 'type',
  'apps.v1.DeploymentStatus.conditions': 'type',
  'apps.v1.ReplicaSetStatus.conditions': 'type',
  'apps.v1.DaemonSetStatus.conditions': 'type',
  'apps.v1.StatefulSetStatus.conditions': 'type',
  'batch.v1.JobStatus.conditions': 'type',
  'policy.v1.PodDisruptionBudgetStatus.conditions': 'type',
  'apps.v1.DeploymentSpec.strategy': ', retainKeys',
  'policy.v1.PodDisruptionBudgetSpec.selector': ', replace',
  'storage.v1.CSINodeSpec.drivers': 'name',
  'admissionregistration.v1.MutatingWebhookConfiguration.webhooks': 'name',
  'admissionregistration.v1.ValidatingWebhook.matchConditions': 'name',
  'admissionregistration.v1.ValidatingAdmissionPolicySpec.variables': 'name',
};
const ATOMIC = [
  'core.v1.PodSpec.tolerations',
  'core.v1.NodeSpec.taints',
  'core.v1.Container.args',
  'core.v1.Container.command',
  'core.v1.Container.envFrom',
  'apps.v1.StatefulSetSpec.volumeClaimTemplates',
  'core.v1.PersistentVolumeSpec.accessModes',
  'core.v1.PersistentVolumeSpec.nodeAffinity',
  'rbac.v1.Role.rules',
  'rbac.v1.RoleBinding.subjects',
];
// The keys by which server-side apply tells elements apart are others.
const APPLIED: Readonly<Record<string, readonly string[]>> = {
  'core.v1.Container.ports': ['containerPort', 'protocol'],
  'core.v1.ServiceSpec.ports': ['port', 'protocol'],
  'core.v1.PodSpec.topologySpreadConstraints': ['topologyKey', 'whenUnsatisfiable'],
};

interface Merge {
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly mapKeys?: readonly string[];
}

function fieldOf(path: string): Merge {
  const at = path.lastIndexOf('.');
  const name = path.slice(0, at);
  const found = findTypeDef(name.startsWith('meta.') ? `io.k8s.apimachinery.pkg.apis.${name}` : `io.k8s.api.${name}`)?.fields?.[
    path.slice(at + 1)
  ];
  if (!found) throw new Error(`${path} is no field`);
  return found as Merge;
}

test.each(Object.entries(MERGED))('%s merges by %s', (path, wanted) => {
  const { patchStrategy = '', patchMergeKey } = fieldOf(path);
  const others = patchStrategy.split(',').filter((strategy) => strategy && strategy !== 'merge');
  const key = patchStrategy.split(',').includes('merge') ? (patchMergeKey ?? 'set') : '';
  expect([key, ...others].join(', ')).toBe(wanted);
});

test.each(ATOMIC)('%s is replaced as a whole', (path) => {
  expect(fieldOf(path).patchStrategy).toBeUndefined();
});

test.each(Object.entries(APPLIED))('%s is applied by %s', (path, keys) => {
  expect(fieldOf(path).mapKeys).toEqual(keys);
});
