// Each controller of one program under its own service account, as kube-controller-manager does with --use-service-account-credentials.
import {
  type Client,
  type ClusterAccess,
  createClient,
  httpsTransport,
  type RateLimit,
  type Transport,
  type TransportRequest,
  underLimit,
} from '@holdfast/client';
import type { Clock } from '@holdfast/clock';
import { isAlreadyExists, SERVICEACCOUNTS } from '@holdfast/schema';

const NAMESPACE = 'kube-system';
const LIFETIME_SECONDS = 3600;
/** Tokens are renewed when this share of their life is over. */
const RENEW_AT = 0.8;

export interface AccountClientsOptions {
  /** The program's own identity: it may create service accounts and ask for their tokens. */
  readonly client: Client;
  readonly access: ClusterAccess;
  readonly clock: Clock;
  /** Of each account. Default: none. */
  readonly rateLimit?: RateLimit | undefined;
}

/** A client for each account of kube-system, over one set of connections. Accounts that are missing are created. */
export function serviceAccountClients({ client, access, clock, rateLimit }: AccountClientsOptions): (account: string) => Client {
  const { server, ca, insecureSkipTlsVerify, tlsServerName } = access;
  // Without the program's certificate: it would win over the token.
  const transport = httpsTransport({ server, ca, insecureSkipTlsVerify, tlsServerName, clock, userAgent: 'holdfast-controllers' });
  return (account) => createClient(underLimit(bearing(transport, accountToken(client, clock, account)), rateLimit, clock));
}

/** The transport with a bearer token on every request. */
function bearing(transport: Transport, token: () => Promise<string>): Transport {
  const signed = async (request: TransportRequest): Promise<TransportRequest> => ({
    ...request,
    headers: { ...request.headers, authorization: `Bearer ${await token()}` },
  });
  return {
    request: async (request) => transport.request(await signed(request)),
    async *watch(request) {
      yield* transport.watch(await signed(request));
    },
    stream: async (request) => transport.stream(await signed(request)),
    exec: async (request, streams) => transport.exec(await signed(request), streams),
  };
}

function accountToken(client: Client, clock: Clock, name: string): () => Promise<string> {
  let known: { readonly token: Promise<string>; readonly renewAtMs: number } | undefined;
  const fetch = async (): Promise<string> => {
    const metadata = { namespace: NAMESPACE, name };
    await client.create(SERVICEACCOUNTS, { metadata }).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
    const answer = await client.createSubresource(SERVICEACCOUNTS, metadata, 'token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: { audiences: [], expirationSeconds: LIFETIME_SECONDS },
    });
    const { status } = answer as { readonly status?: { readonly token?: string } };
    if (!status?.token) throw new Error(`the answer for service account ${NAMESPACE}/${name} holds no token`);
    return status.token;
  };
  return () => {
    if (!known || clock.now() >= known.renewAtMs) {
      const token = fetch();
      known = { token, renewAtMs: clock.now() + LIFETIME_SECONDS * 1000 * RENEW_AT };
      // A failure is not kept: the next request asks again.
      token.catch(() => {
        if (known?.token === token) known = undefined;
      });
    }
    return known.token;
  };
}
