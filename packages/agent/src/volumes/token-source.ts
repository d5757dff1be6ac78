// Tokens of service accounts for projected volumes: asked for once, renewed when four fifths of their life are over.
import type { Client } from '@holdfast/client';
import type { Clock } from '@holdfast/clock';
import { type Pod, SERVICEACCOUNTS, type ServiceAccountTokenProjection } from '@holdfast/schema';

interface CachedToken {
  readonly token: string;
  readonly renewAtMs: number;
}

const DEFAULT_SECONDS = 3600;
const RENEW_AT = 0.8;
/** A token that lives very long is renewed once a day, as the kubelet does. */
const LONGEST_USE_MS = 24 * 3_600_000;

/** Tokens of one pod. */
export class TokenSource {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #tokens = new Map<string, CachedToken>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** A token with enough life left. Rejects as the API refuses. */
  async token(pod: Pod, { audience = '', expirationSeconds = DEFAULT_SECONDS }: ServiceAccountTokenProjection): Promise<string> {
    const key = `${audience}/${expirationSeconds}`;
    const cached = this.#tokens.get(key);
    if (cached && this.#clock.now() < cached.renewAtMs) return cached.token;
    const name = pod.spec?.serviceAccountName || 'default';
    const { namespace = '' } = pod.metadata;
    const answer = await this.#client.createSubresource(SERVICEACCOUNTS, { namespace, name }, 'token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: {
        audiences: audience ? [audience] : [],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid },
      },
    });
    const token = tokenOf(answer);
    if (token === undefined) throw new Error(`failed to fetch token: the answer for service account ${namespace}/${name} holds none`);
    this.#tokens.set(key, { token, renewAtMs: this.#clock.now() + Math.min(expirationSeconds * 1000 * RENEW_AT, LONGEST_USE_MS) });
    return token;
  }

  /** When the first token has to be renewed. */
  nextRenewalMs(): number | undefined {
    const times = [...this.#tokens.values()].map(({ renewAtMs }) => renewAtMs);
    return times.length > 0 ? Math.min(...times) : undefined;
  }
}

function tokenOf(answer: object): string | undefined {
  const status: unknown = 'status' in answer ? answer.status : undefined;
  const token: unknown = typeof status === 'object' && status !== null && 'token' in status ? status.token : undefined;
  return typeof token === 'string' ? token : undefined;
}
