// Mutating webhooks: asked one after another, each of which may change the object.
import { deepEqual, internalError, jsonPatch, type KubeObject, StatusError } from '@holdfast/schema';
import { decodeAs } from '../../core/decode-body.ts';
import type { ServerContext } from '../../core/server-context.ts';
import type { ResourceDefinition } from '../../registry/resource-definition.ts';
import type { Attributes } from '../plugin.ts';
import { objectsOf } from '../request.ts';
import { ask, wanted } from './ask.ts';
import type { Hook } from './hook.ts';

/**
 * Which webhooks are to be asked a second time: those with reinvocationPolicy IfNeeded that were asked before something changed
 * the object. One for each request.
 */
export class Reinvocation {
  readonly #asked = new Set<Hook>();
  readonly #again = new Set<Hook>();
  #changed = false;

  /** Whether a webhook has changed the object at all: then the built-in plug-ins look at it once more. */
  get changed(): boolean {
    return this.#changed;
  }

  isDue(hook: Hook): boolean {
    return this.#again.has(hook);
  }

  wasAsked(hook: Hook): void {
    if (hook.reinvoked) this.#asked.add(hook);
  }

  /** The object has changed since those that were asked saw it. */
  objectChanged(): void {
    this.#changed = true;
    for (const hook of this.#asked) this.#again.add(hook);
    this.#asked.clear();
  }
}

/** Whether any webhook is there that may change objects. */
export function hasMutating({ hooks, store }: ServerContext): boolean {
  return hooks !== undefined && hooks.hooksOf(store, 'mutating').length > 0;
}

/** The object after the webhooks. In the second round only those that are due are asked. Throws StatusError to refuse. */
export async function mutate(
  server: ServerContext,
  attributes: Attributes,
  reinvocation: Reinvocation,
  round: 'first' | 'second',
): Promise<KubeObject> {
  let { object } = attributes;
  for (const hook of server.hooks?.hooksOf(server.store, 'mutating') ?? []) {
    if (round === 'second' && !reinvocation.isDue(hook)) continue;
    const current = { ...attributes, object };
    const target = await wanted(server, hook, current);
    if (!target) continue;
    const answer = await ask(server, hook, current, target);
    const changed = answer ? changedBy(hook, answer, current, target) : object;
    if (!deepEqual(changed, object)) {
      reinvocation.objectChanged();
      object = changed;
    }
    reinvocation.wasAsked(hook);
  }
  return object;
}

function changedBy(
  hook: Hook,
  { allowed, refusal, patch }: { readonly allowed: boolean; readonly refusal: StatusError; readonly patch?: unknown },
  attributes: Attributes,
  target: ResourceDefinition,
): KubeObject {
  if (!allowed) throw refusal;
  if (patch === undefined) return attributes.object;
  const name = JSON.stringify(hook.name);
  const { object } = objectsOf(attributes, target);
  if (object === null)
    throw internalError(new Error(`admission webhook ${name} attempted to modify the object, which is not supported for this operation`));
  try {
    const patched = jsonPatch(object, patch) as KubeObject;
    // Subresources have their own types: whoever handles them checks what comes back.
    if (attributes.kind) return patched;
    const { kind, apiVersion } = object;
    const decoded = decodeAs(target, { ...patched, kind, apiVersion }).object;
    return target === attributes.definition ? decoded : attributes.definition.fromStored(target.toStored(decoded));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const why = error.cause instanceof Error ? error.cause.message : error.message;
    throw internalError(new Error(`admission webhook ${name} sent a patch that does not apply: ${why}`, { cause: error }));
  }
}
