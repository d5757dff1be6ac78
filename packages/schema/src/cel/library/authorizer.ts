// authorizer, as the Kubernetes CEL library has it: whether the user of a request may do something else.
import type { Environment } from '@marcbachmann/cel-js';

/** What an expression asks for. */
export type AccessCheck =
  | {
      readonly kind: 'resource';
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly kind: 'path'; readonly verb: string; readonly path: string };

type ResourceCheckFields = Omit<Extract<AccessCheck, { readonly kind: 'resource' }>, 'verb' | 'kind'>;

/** Decides for the user of the request, or for a service account where one is named. */
export type AccessDecider = (
  check: AccessCheck,
  serviceAccount?: { readonly namespace: string; readonly name: string },
) => { readonly allowed: boolean; readonly reason: string };

const NOTHING: ResourceCheckFields = { group: '', resource: '', subresource: '', namespace: '', name: '' };

/** The value of the variable `authorizer`. */
export class CelAuthorizer {
  readonly decide: AccessDecider;
  readonly requestResource: ResourceCheck;

  /** `request`: the resource that the request is for. */
  constructor(decide: AccessDecider, request: ResourceCheckFields) {
    this.decide = decide;
    this.requestResource = new ResourceCheck(decide, request);
  }

  /** The same questions, asked for a service account. */
  for(namespace: string, name: string): CelAuthorizer {
    return new CelAuthorizer((check) => this.decide(check, { namespace, name }), NOTHING);
  }
}

class PathCheck {
  readonly decide: AccessDecider;
  readonly path: string;

  constructor(decide: AccessDecider, path: string) {
    this.decide = decide;
    this.path = path;
  }
}

class ResourceCheck {
  readonly decide: AccessDecider;
  readonly fields: ResourceCheckFields;

  constructor(decide: AccessDecider, fields: ResourceCheckFields) {
    this.decide = decide;
    this.fields = fields;
  }

  with(fields: Partial<ResourceCheckFields>): ResourceCheck {
    return new ResourceCheck(this.decide, { ...this.fields, ...fields });
  }
}

/** The group of a resource that is still to be named. */
class GroupCheck extends ResourceCheck {}

class Decision {
  readonly allowed: boolean;
  readonly reason: string;

  constructor({ allowed, reason }: ReturnType<AccessDecider>) {
    this.allowed = allowed;
    this.reason = reason;
  }
}

export function addAuthorizer(env: Environment): void {
  const sync = { async: false };
  const type = (name: string): string => `kubernetes.authorization.${name}`;
  const [authorizer, group, resource, path, decision] = ['Authorizer', 'GroupCheck', 'ResourceCheck', 'PathCheck', 'Decision'].map(type);
  env.registerType({ name: resource!, ctor: ResourceCheck, fields: {} });
  env.registerType({ name: group!, ctor: GroupCheck, fields: {} });
  env.registerType({ name: path!, ctor: PathCheck, fields: {} });
  env.registerType({ name: decision!, ctor: Decision, fields: {} });
  env.registerType({ name: authorizer!, ctor: CelAuthorizer, fields: { requestResource: resource! } });
  env.registerFunction(
    `${authorizer}.group(string): ${group}`,
    (a: CelAuthorizer, name: string) => new GroupCheck(a.decide, { ...NOTHING, group: name }),
    sync,
  );
  env.registerFunction(`${authorizer}.path(string): ${path}`, (a: CelAuthorizer, name: string) => new PathCheck(a.decide, name), sync);
  env.registerFunction(
    `${authorizer}.serviceAccount(string, string): ${authorizer}`,
    (a: CelAuthorizer, namespace: string, name: string) => a.for(namespace, name),
    sync,
  );
  env.registerFunction(
    `${group}.resource(string): ${resource}`,
    (g: GroupCheck, name: string) => new ResourceCheck(g.decide, { ...g.fields, resource: name }),
    sync,
  );
  env.registerFunction(
    `${resource}.subresource(string): ${resource}`,
    (r: ResourceCheck, subresource: string) => r.with({ subresource }),
    sync,
  );
  env.registerFunction(`${resource}.namespace(string): ${resource}`, (r: ResourceCheck, namespace: string) => r.with({ namespace }), sync);
  env.registerFunction(`${resource}.name(string): ${resource}`, (r: ResourceCheck, name: string) => r.with({ name }), sync);
  env.registerFunction(
    `${resource}.check(string): ${decision}`,
    (r: ResourceCheck, verb: string) => new Decision(r.decide({ kind: 'resource', verb, ...r.fields })),
    sync,
  );
  env.registerFunction(
    `${path}.check(string): ${decision}`,
    (p: PathCheck, verb: string) => new Decision(p.decide({ kind: 'path', verb, path: p.path })),
    sync,
  );
  env.registerFunction(`${decision}.allowed(): bool`, (d: Decision) => d.allowed, sync);
  env.registerFunction(`${decision}.reason(): string`, (d: Decision) => d.reason, sync);
  env.registerFunction(`${decision}.errored(): bool`, () => false, sync);
  env.registerFunction(`${decision}.error(): string`, () => '', sync);
}
