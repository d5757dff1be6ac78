// Validating webhooks: asked all at once about the object as it is going to be stored.
import type { ServerContext } from '../../core/server-context.ts';
import type { Attributes } from '../plugin.ts';
import { ask, wanted } from './ask.ts';
import type { Hook } from './hook.ts';

/** Whether any webhook is there that may refuse objects. */
export function hasValidating({ hooks, store }: ServerContext): boolean {
  return hooks !== undefined && hooks.hooksOf(store, 'validating').length > 0;
}

/** Throws StatusError where one refuses: that of the first in order, so that the answer does not depend on who was faster. */
export async function askValidating(server: ServerContext, attributes: Attributes): Promise<void> {
  const hooks = server.hooks?.hooksOf(server.store, 'validating') ?? [];
  if (hooks.length === 0) return;
  const outcomes = await Promise.allSettled(hooks.map((hook) => askOne(server, hook, attributes)));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function askOne(server: ServerContext, hook: Hook, attributes: Attributes): Promise<void> {
  const target = await wanted(server, hook, attributes);
  if (!target) return;
  const answer = await ask(server, hook, attributes, target);
  if (answer && !answer.allowed) throw answer.refusal;
}
