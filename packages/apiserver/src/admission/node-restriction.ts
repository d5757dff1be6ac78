// A node writes about itself and its own pods only.
import { deepEqual, forbidden, type KubeObject, type Node, type Pod } from '@holdfast/schema';
import { nodeNameOf } from '../access/node/node-decision.ts';
import type { AdmissionPlugin, Attributes } from './plugin.ts';

const MIRROR = 'kubernetes.io/config.mirror';
/** The labels of the system's own groups that a kubelet may give its node. */
const KUBELET_LABELS = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
]);
const KUBELET_NAMESPACES = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

export const nodeRestriction: AdmissionPlugin = (_server, attributes) => {
  const { user, definition, object, name } = attributes;
  const node = user && nodeNameOf(user);
  if (node === undefined) return object;
  const problem = problemOf(node, attributes);
  if (problem) throw forbidden(definition, name, problem);
  return object;
};

function problemOf(node: string, attributes: Attributes): string | undefined {
  const { definition, name, operation } = attributes;
  switch (definition.storagePrefix) {
    case 'core/nodes':
      return name === node ? nodeProblem(node, attributes) : `node ${quote(node)} is not allowed to modify node ${quote(name)}`;
    case 'core/pods':
      if (operation === 'DELETE') return deletionProblem(node, attributes.object as Pod);
      return operation === 'CREATE' ? mirrorProblem(node, attributes.object as Pod) : statusProblem(node, attributes);
    case 'coordination.k8s.io/leases':
    case 'storage.k8s.io/csinodes':
      return name === node ? undefined : `can only access ${definition.kind} with the same name as the requesting node`;
  }
  return undefined;
}

function mirrorProblem(node: string, { metadata, spec }: Pod): string | undefined {
  if (metadata.annotations?.[MIRROR] === undefined)
    return `pod does not have ${quote(MIRROR)} annotation, node ${quote(node)} can only create mirror pods`;
  return spec?.nodeName === node ? undefined : `node ${quote(node)} can only create pods with spec.nodeName set to itself`;
}

function deletionProblem(node: string, { spec }: Pod): string | undefined {
  return spec?.nodeName === node ? undefined : `node ${quote(node)} can only delete pods with spec.nodeName set to itself`;
}

function statusProblem(node: string, { object, old, subresource }: Attributes): string | undefined {
  if (subresource !== 'status') return `unexpected operation "UPDATE", node ${quote(node)} can only create and delete mirror pods`;
  if ((old as Pod | undefined)?.spec?.nodeName !== node)
    return `node ${quote(node)} can only update pod status for pods with spec.nodeName set to itself`;
  return deepEqual(object.metadata.labels ?? {}, old?.metadata.labels ?? {})
    ? undefined
    : `node ${quote(node)} cannot update labels through pod status`;
}

function nodeProblem(node: string, { object, old, operation }: Attributes): string | undefined {
  const bad = changedLabels(object, old).filter(isForbiddenLabel).toSorted();
  if (operation === 'CREATE')
    return bad.length > 0 ? `node ${quote(node)} is not allowed to set the following labels: ${bad.join(', ')}` : undefined;
  const taints = (one: KubeObject | undefined): unknown => (one as Node | undefined)?.spec?.taints ?? [];
  if (!deepEqual(taints(object), taints(old))) return `node ${quote(node)} is not allowed to modify taints`;
  if (!deepEqual(object.metadata.ownerReferences ?? [], old?.metadata.ownerReferences ?? []))
    return `node ${quote(node)} is not allowed to modify ownerReferences`;
  return bad.length > 0 ? `is not allowed to modify labels: ${bad.join(', ')}` : undefined;
}

function changedLabels(object: KubeObject, old: KubeObject | undefined): readonly string[] {
  const next = object.metadata.labels ?? {};
  const before = old?.metadata.labels ?? {};
  return [...new Set([...Object.keys(next), ...Object.keys(before)])].filter((key) => next[key] !== before[key]);
}

function isForbiddenLabel(label: string): boolean {
  const [namespace = '', name] = label.split('/');
  if (name === undefined) return false;
  const within = (group: string): boolean => namespace === group || namespace.endsWith(`.${group}`);
  if (within('node-restriction.kubernetes.io')) return true;
  if (!within('kubernetes.io') && !within('k8s.io')) return false;
  return !KUBELET_LABELS.has(label) && !KUBELET_NAMESPACES.some(within);
}

function quote(text: string): string {
  return JSON.stringify(text);
}
