// Reviews: questions about identities and rights that are answered and not stored.
import { apiVersionOf, badRequest, invalid, isRecord, type KubeObject, type PolicyRule, required, type UserInfo } from '@holdfast/schema';
import type { Attributes } from '../access/attributes.ts';
import { readBody } from '../core/decode-body.ts';
import type { ResourceRequest } from '../core/server-context.ts';
import type { ResourceDefinition } from '../registry/resource-definition.ts';
import type { TokenAuthority } from '../tokens/service-account-tokens.ts';

const REVIEWS = new Set([
  'selfsubjectaccessreviews',
  'subjectaccessreviews',
  'localsubjectaccessreviews',
  'selfsubjectrulesreviews',
  'selfsubjectreviews',
  'tokenreviews',
]);

type Fields = Readonly<Record<string, unknown>>;

export function isReview(definition: ResourceDefinition): boolean {
  return REVIEWS.has(definition.resource);
}

export function review(context: ResourceRequest, tokens: TokenAuthority): KubeObject {
  const { definition } = context;
  const body = readBody(context).value;
  const spec = isRecord(body) && isRecord(body['spec']) ? body['spec'] : undefined;
  return {
    kind: definition.kind,
    apiVersion: apiVersionOf(definition),
    metadata: { creationTimestamp: null },
    ...(spec === undefined ? {} : { spec }),
    status: statusOf(context, spec ?? {}, tokens),
  } as unknown as KubeObject;
}

function statusOf(context: ResourceRequest, spec: Fields, tokens: TokenAuthority): unknown {
  const { definition, request, info } = context;
  switch (definition.resource) {
    case 'selfsubjectreviews':
      return { userInfo: request.user };
    case 'selfsubjectrulesreviews':
      return rulesStatus(context, text(spec['namespace']));
    case 'tokenreviews':
      return tokenStatus(context, spec, tokens);
    case 'selfsubjectaccessreviews':
      return accessStatus(context, spec, request.user);
  }
  if (definition.resource === 'localsubjectaccessreviews') {
    const asked = isRecord(spec['resourceAttributes']) ? text(spec['resourceAttributes']['namespace']) : '';
    if (asked !== info.namespace) throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${info.namespace}`);
  }
  return accessStatus(context, spec, subjectOf(context, spec));
}

function subjectOf({ definition }: ResourceRequest, spec: Fields): UserInfo {
  const username = text(spec['user']);
  const groups = texts(spec['groups']);
  if (username === '' && groups.length === 0)
    throw invalid(definition, '', [required('spec.user', 'at least one of user or group must be specified')]);
  return { username, groups };
}

function accessStatus({ server, definition }: ResourceRequest, spec: Fields, user: UserInfo): unknown {
  const resource = spec['resourceAttributes'];
  const path = spec['nonResourceAttributes'];
  if (isRecord(resource) === isRecord(path)) {
    const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    throw invalid(definition, '', [required('spec.resourceAttributes', detail)]);
  }
  const attributes: Attributes = isRecord(resource)
    ? {
        kind: 'resource',
        user,
        verb: text(resource['verb']),
        group: text(resource['group']),
        resource: text(resource['resource']),
        subresource: text(resource['subresource']),
        namespace: text(resource['namespace']),
        name: text(resource['name']),
      }
    : { kind: 'path', user, verb: text((path as Fields)['verb']), path: text((path as Fields)['path']) };
  const { allowed, reason } = server.authorizer.authorize(attributes);
  return { allowed, ...(reason ? { reason } : {}) };
}

function rulesStatus({ server, request }: ResourceRequest, namespace: string): unknown {
  const { rules, problem } = server.authorizer.rulesOf(request.user, namespace);
  return {
    resourceRules: rules.filter((rule) => rule.resources).map(withoutPaths),
    nonResourceRules: rules.filter((rule) => rule.nonResourceURLs).map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: problem !== '',
    ...(problem ? { evaluationError: problem } : {}),
  };
}

function withoutPaths({ nonResourceURLs: _paths, ...rule }: PolicyRule): Omit<PolicyRule, 'nonResourceURLs'> {
  return rule;
}

function tokenStatus({ definition }: ResourceRequest, spec: Fields, tokens: TokenAuthority): unknown {
  const token = text(spec['token']);
  if (token === '') throw badRequest(`token is required for ${definition.kind} in authentication`);
  const found = tokens.review(token, texts(spec['audiences']));
  if ('error' in found) return { user: {}, error: found.error };
  return { authenticated: true, user: found.user, audiences: found.audiences };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
