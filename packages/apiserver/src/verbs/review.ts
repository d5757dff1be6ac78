// Reviews: questions that are answered and not stored. Whoever is authenticated may do everything until RBAC is evaluated.
import { apiVersionOf, isRecord, type KubeObject } from '@holdfast/schema';
import { readBody } from '../core/decode-body.ts';
import type { ResourceRequest } from '../core/server-context.ts';
import type { ResourceDefinition } from '../registry/resource-definition.ts';

const REVIEWS = new Set([
  'selfsubjectaccessreviews',
  'subjectaccessreviews',
  'localsubjectaccessreviews',
  'selfsubjectrulesreviews',
  'selfsubjectreviews',
  'tokenreviews',
]);

export function isReview(definition: ResourceDefinition): boolean {
  return REVIEWS.has(definition.resource);
}

export function review(context: ResourceRequest): KubeObject {
  const { definition, request } = context;
  const body = readBody(context).value;
  const spec = isRecord(body) ? body['spec'] : undefined;
  return {
    kind: definition.kind,
    apiVersion: apiVersionOf(definition),
    metadata: { creationTimestamp: null },
    ...(spec === undefined ? {} : { spec }),
    status: statusOf(definition.resource, request.user),
  } as unknown as KubeObject;
}

function statusOf(resource: string, user: ResourceRequest['request']['user']): unknown {
  if (resource === 'selfsubjectreviews') return { userInfo: user };
  if (resource === 'selfsubjectrulesreviews') {
    return {
      incomplete: false,
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    };
  }
  if (resource === 'tokenreviews') return { authenticated: false, user: {} };
  return { allowed: true, reason: 'roles are not evaluated by this server yet' };
}
