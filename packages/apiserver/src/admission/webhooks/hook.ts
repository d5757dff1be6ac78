// A webhook as its configuration describes it, ready to be asked.
import {
  type AdmissionregistrationV1WebhookClientConfig as ClientConfig,
  type KubeObject,
  type LabelMatcher,
  labelSelector,
  type MatchCondition,
  type MutatingWebhook,
  type RuleWithOperations,
  type ValidatingWebhook,
} from '@holdfast/schema';
import type { Store } from '@holdfast/store';
import { matchConditions, type MatchConditions } from '../match-conditions.ts';

export interface Hook {
  readonly name: string;
  readonly mutating: boolean;
  readonly client: ClientConfig;
  readonly rules: readonly RuleWithOperations[];
  readonly matchPolicy: string | undefined;
  /** Whether a request is admitted when the webhook cannot be asked. */
  readonly failOpen: boolean;
  readonly timeoutSeconds: number;
  readonly sideEffects: string;
  /** Whether it is asked again when something after it changes the object. */
  readonly reinvoked: boolean;
  readonly namespaces: LabelMatcher;
  readonly objects: LabelMatcher;
  readonly conditions: MatchConditions;
}

/** webhooks of both kinds of configuration, by where they are stored. */
export const CONFIGURATIONS = {
  mutating: 'admissionregistration.k8s.io/mutatingwebhookconfigurations/',
  validating: 'admissionregistration.k8s.io/validatingwebhookconfigurations/',
} as const;

const DEFAULT_TIMEOUT_SECONDS = 10;

/** Webhooks of stored configurations, made once for each configuration that is stored. */
export class HookCache {
  readonly #made = new WeakMap<KubeObject, readonly Hook[]>();

  /** In the order in which they are asked: configurations by name, webhooks as they are written. */
  hooksOf(store: Store<KubeObject>, kind: keyof typeof CONFIGURATIONS): readonly Hook[] {
    const prefix = CONFIGURATIONS[kind];
    if (store.count(prefix) === 0) return [];
    return store.list(prefix).entries.flatMap(({ value }) => {
      const known = this.#made.get(value);
      if (known) return known;
      const { webhooks = [] } = value as KubeObject & { readonly webhooks?: readonly (MutatingWebhook | ValidatingWebhook)[] };
      const made = webhooks.map((webhook) => hookOf(webhook, kind === 'mutating'));
      this.#made.set(value, made);
      return made;
    });
  }
}

function hookOf(webhook: MutatingWebhook | ValidatingWebhook, mutating: boolean): Hook {
  const conditions: readonly MatchCondition[] = webhook.matchConditions ?? [];
  return {
    name: webhook.name,
    mutating,
    client: webhook.clientConfig,
    rules: webhook.rules ?? [],
    matchPolicy: webhook.matchPolicy,
    failOpen: webhook.failurePolicy === 'Ignore',
    timeoutSeconds: webhook.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
    sideEffects: webhook.sideEffects,
    reinvoked: 'reinvocationPolicy' in webhook && webhook.reinvocationPolicy === 'IfNeeded',
    namespaces: labelSelector(webhook.namespaceSelector ?? {}),
    objects: labelSelector(webhook.objectSelector ?? {}),
    conditions: matchConditions('webhook', conditions),
  };
}
