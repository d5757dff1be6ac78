// What a node may do: read what its own pods need, write about itself.
import type { UserInfo } from '@holdfast/schema';
import type { Attributes, ResourceAttributes } from '../attributes.ts';
import type { Decision } from '../decision.ts';
import { CLUSTER_ROLES } from '../rbac/bootstrap/cluster-roles.ts';
import { ruleAllows } from '../rbac/matches.ts';
import type { NodeGraph } from './node-graph.ts';

const NODE_GROUP = 'system:nodes';
const NODE_PREFIX = 'system:node:';
const LEASE_NAMESPACE = 'kube-node-lease';
const YES: Decision = { allowed: true, reason: '' };

/** The node that this user is; undefined for everybody else. */
export function nodeNameOf({ username, groups }: UserInfo): string | undefined {
  return username.startsWith(NODE_PREFIX) && groups.includes(NODE_GROUP) ? username.slice(NODE_PREFIX.length) : undefined;
}

/** Undefined for a user that is no node; a refusal here may still be allowed by a role. */
export function nodeDecision(graph: NodeGraph, attributes: Attributes): Decision | undefined {
  const node = nodeNameOf(attributes.user);
  if (node === undefined) return undefined;
  if (attributes.kind === 'resource') {
    const special = resourceDecision(graph, node, attributes);
    if (special) return special;
  }
  return (CLUSTER_ROLES['system:node'] ?? []).some((rule) => ruleAllows(rule, attributes)) ? YES : no('');
}

function resourceDecision(graph: NodeGraph, node: string, attributes: ResourceAttributes): Decision | undefined {
  switch (`${attributes.resource}.${attributes.group}`) {
    case 'secrets.':
    case 'configmaps.':
      if (!isRead(attributes)) return no('can only read resources of this type');
      if (attributes.subresource) return no('cannot read subresource');
      return attributes.namespace ? related(graph, node, attributes) : no('can only read namespaced object of this type');
    case 'persistentvolumeclaims.':
      if (attributes.subresource !== 'status') return single(graph, node, attributes);
      return ['update', 'patch'].includes(attributes.verb) ? related(graph, node, attributes) : no('can only get/update/patch this type');
    case 'persistentvolumes.':
    case 'volumeattachments.storage.k8s.io':
      return single(graph, node, attributes);
    case 'serviceaccounts.':
      if (attributes.verb !== 'create' || !attributes.name) return no('can only create tokens for individual service accounts');
      return attributes.subresource === 'token'
        ? related(graph, node, attributes)
        : no('can only create token subresource of serviceaccount');
    case 'leases.coordination.k8s.io':
      return ownLease(node, attributes);
    case 'csinodes.storage.k8s.io':
      return ownCsiNode(node, attributes);
    case 'nodes.':
      return ownNode(node, attributes);
    case 'pods.':
      return ownPods(graph, node, attributes);
  }
  return undefined;
}

function related(graph: NodeGraph, node: string, { resource, namespace, name }: ResourceAttributes): Decision {
  if (!name) return no('No Object name found');
  return graph.relates(node, resource, namespace, name) ? YES : no(`no relationship found between node '${node}' and this object`);
}

function single(graph: NodeGraph, node: string, attributes: ResourceAttributes): Decision {
  if (attributes.verb !== 'get') return no('can only get individual resources of this type');
  if (attributes.subresource) return no('cannot get subresource');
  return related(graph, node, attributes);
}

function ownLease(node: string, { verb, namespace, name }: ResourceAttributes): Decision {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb))
    return no('can only get, create, update, patch, or delete a node lease');
  if (namespace !== LEASE_NAMESPACE) return no(`can only access leases in the "${LEASE_NAMESPACE}" system namespace`);
  // The name of a new lease is known to admission only.
  if (verb !== 'create' && name !== node) return no('can only access node lease with the same name as the requesting node');
  return YES;
}

function ownCsiNode(node: string, { verb, subresource, name }: ResourceAttributes): Decision {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb)) return no('can only get, create, update, patch, or delete a CSINode');
  if (subresource) return no('cannot authorize CSINode subresources');
  return verb === 'create' || name === node ? YES : no('can only access CSINode with the same name as the requesting node');
}

function ownNode(node: string, attributes: ResourceAttributes): Decision {
  const { verb, subresource, name } = attributes;
  if (subresource === 'status') return ['update', 'patch'].includes(verb) ? YES : no('');
  if (subresource) return no('');
  if (['create', 'update', 'patch'].includes(verb)) return YES;
  if (!isRead(attributes)) return no('');
  if (name === node) return YES;
  return no(`node '${node}' cannot read ${name ? `'${name}'` : 'all nodes'}, only its own Node object`);
}

function ownPods(graph: NodeGraph, node: string, attributes: ResourceAttributes): Decision {
  const { verb, subresource, name, fields } = attributes;
  if (subresource === 'status') return ['update', 'patch'].includes(verb) ? YES : no('');
  if (subresource === 'eviction') return verb === 'create' ? YES : no('');
  if (subresource) return no('');
  if (verb === 'get') return single(graph, node, attributes);
  if (verb === 'create' || verb === 'delete') return YES;
  if (!isRead(attributes)) return no('');
  if (fields?.get('spec.nodeName') === node) return YES;
  return name ? related(graph, node, attributes) : no('can only list/watch pods with spec.nodeName field selector');
}

function isRead({ verb }: ResourceAttributes): boolean {
  return verb === 'get' || verb === 'list' || verb === 'watch';
}

function no(reason: string): Decision {
  return { allowed: false, reason };
}
