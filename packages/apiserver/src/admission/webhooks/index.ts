export type { WebhookCall, WebhookCaller } from './caller.ts';
export { HookCache } from './hook.ts';
export { hasMutating, mutate, Reinvocation } from './mutate.ts';
export { askValidating, hasValidating } from './validate.ts';
