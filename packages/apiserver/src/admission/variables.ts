// What expressions of admission may speak of, for one request.
import type { AdmissionVariables } from '@holdfast/schema/cel';
import type { Attributes as AccessAttributes } from '../access/attributes.ts';
import type { ServerContext } from '../core/server-context.ts';
import { withCel } from '../crd/cel-module.ts';
import type { ResourceDefinition } from '../registry/resource-definition.ts';
import type { Attributes } from './plugin.ts';
import { objectsOf, requestOf } from './request.ts';
import type { UserInfo } from '@holdfast/schema';

const NOBODY: UserInfo = { username: '', groups: [] };

/** The variables that webhooks and policies have in common. To be called after CEL is loaded. */
export function variablesOf(server: ServerContext, attributes: Attributes, target: ResourceDefinition): AdmissionVariables {
  const { definition, subresource, namespace, name, user = NOBODY } = attributes;
  const { group, resource } = definition;
  return {
    ...objectsOf(attributes, target),
    request: requestOf(attributes, target),
    authorizer: withCel().authorizer(
      (check, account) => {
        const asked = account ? serviceAccountUser(account) : user;
        return server.authorizer.authorize({ ...check, user: asked } as AccessAttributes);
      },
      { group, resource, subresource, namespace, name },
    ),
  };
}

function serviceAccountUser({ namespace, name }: { readonly namespace: string; readonly name: string }): UserInfo {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}
