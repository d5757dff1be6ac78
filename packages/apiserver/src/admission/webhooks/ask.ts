// Asking one webhook about one request, within its time.
import { uuid } from '@holdfast/clock';
import { badRequest, forbidden, internalError } from '@holdfast/schema';
import type { ServerContext } from '../../core/server-context.ts';
import type { ResourceDefinition } from '../../registry/resource-definition.ts';
import type { Attributes } from '../plugin.ts';
import { objectsOf, requestOf } from '../request.ts';
import { isExempt, meantVersion } from '../rules.ts';
import { selectsNamespace, selectsObject } from '../selected.ts';
import { variablesOf } from '../variables.ts';
import { addressOf } from './address.ts';
import { type Answer, InvalidAnswer, readAnswer } from './answer.ts';
import type { Hook } from './hook.ts';

/** The version of the object that the webhook is to see; undefined: it is not to be asked. Throws Forbidden where that cannot be said. */
export async function wanted(server: ServerContext, hook: Hook, attributes: Attributes): Promise<ResourceDefinition | undefined> {
  // What the server does on its own behalf is not asked about.
  if (!attributes.user || isExempt(attributes)) return undefined;
  const target = meantVersion(server.registry, hook.rules, hook.matchPolicy, attributes);
  if (!target || !selectsNamespace(hook.namespaces, server, attributes) || !selectsObject(hook.objects, attributes)) return undefined;
  if (hook.conditions.none) return target;
  const outcome = await hook.conditions.hold(() => variablesOf(server, attributes, target));
  if ('matches' in outcome) return outcome.matches ? target : undefined;
  if (hook.failOpen) return undefined;
  throw forbidden(attributes.definition, attributes.name, outcome.error);
}

/**
 * The webhook's answer; undefined where it cannot be asked and that does not matter (failurePolicy Ignore). Throws InternalError
 * where it does, and BadRequest for a dry run that would have side effects.
 */
export async function ask(
  server: ServerContext,
  hook: Hook,
  attributes: Attributes,
  target: ResourceDefinition,
): Promise<Answer | undefined> {
  if (attributes.dryRun && hook.sideEffects !== 'None' && hook.sideEffects !== 'NoneOnDryRun')
    throw badRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`);
  const uid = uuid(server.random);
  const request = { uid, ...requestOf(attributes, target), ...objectsOf(attributes, target) };
  const body = JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request });
  try {
    const answer = readAnswer(await call(server, hook, body), { uid, hook: hook.name, mutating: hook.mutating });
    for (const warning of answer.warnings) if (!attributes.warnings?.includes(warning)) attributes.warnings?.push(warning);
    return answer;
  } catch (error) {
    if (!(error instanceof InvalidAnswer)) throw error;
    if (hook.failOpen) return undefined;
    throw internalError(new Error(`failed calling webhook ${JSON.stringify(hook.name)}: ${error.message}`, { cause: error }));
  }
}

async function call(server: ServerContext, hook: Hook, body: string): Promise<string> {
  const { url, found } = addressOf(server, hook.client, hook.timeoutSeconds);
  const failed = (problem: string, cause?: unknown): InvalidAnswer =>
    new InvalidAnswer(`failed to call webhook: Post ${JSON.stringify(url)}: ${problem}`, { cause });
  if (typeof found === 'string') throw failed(found);
  if (!server.callWebhook) throw failed('this server has no network: give createApiServer a callWebhook');
  const { caBundle } = hook.client;
  const timer = new AbortController();
  const expired = new Promise<never>((_resolve, reject) => {
    timer.signal.addEventListener('abort', () => reject(timer.signal.reason), { once: true });
  });
  expired.catch(() => undefined);
  const cancel = server.clock.after(hook.timeoutSeconds * 1000, () => timer.abort(new Error('context deadline exceeded')));
  const stop = (): void => timer.abort(new Error('context canceled'));
  server.closing.addEventListener('abort', stop, { once: true });
  try {
    const ca = caBundle ? { ca: Buffer.from(caBundle, 'base64').toString('utf8') } : {};
    const answered = await Promise.race([server.callWebhook({ ...found, ...ca, body }, timer.signal), expired]);
    if (answered.status >= 200 && answered.status <= 299) return answered.body;
    throw new InvalidAnswer(`failed to call webhook: ${statusText(answered)}`);
  } catch (error) {
    if (error instanceof InvalidAnswer) throw error;
    throw failed(error instanceof Error ? error.message : String(error), error);
  } finally {
    cancel();
    server.closing.removeEventListener('abort', stop);
  }
}

/** As client-go words answers that are no Status. */
function statusText({ status, body }: { readonly status: number; readonly body: string }): string {
  const excerpt = body.trim().slice(0, 256);
  switch (status) {
    case 400:
      return 'the server rejected our request for an unknown reason';
    case 401:
      return 'the server has asked for the client to provide credentials';
    case 403:
      return excerpt === '' ? 'unknown' : excerpt;
    case 404:
      return 'the server could not find the requested resource';
  }
  if (status >= 500) return `an error on the server (${JSON.stringify(excerpt)}) has prevented the request from succeeding`;
  return `the server responded with the status code ${status} but did not return more information (${excerpt})`;
}
