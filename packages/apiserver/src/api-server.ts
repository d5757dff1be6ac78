// The public face of the embedded server.
import type { Clock, Random } from '@holdfast/clock';
import type { ApiHandler, KubeObject, NodeDialer, UserInfo } from '@holdfast/schema';
import type { Store } from '@holdfast/store';
import type { JwtKey } from './tokens/jwt.ts';
import type { KubeletTransport } from './kubelet/transport.ts';
import type { BackendTransport } from './proxy/backend.ts';
import type { WebhookCaller } from './admission/webhooks/caller.ts';

export interface ApiServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Default: a new in-memory store. */
  readonly store?: Store<KubeObject>;
  /** Finds node agents for exec and logs. */
  readonly nodes: NodeDialer;
  /** How agents are reached that `nodes` does not find, being programs of their own: see `httpsKubelets`. Without it they cannot be. */
  readonly kubelets?: KubeletTransport | undefined;
  /** How pods are reached for pods/proxy and services/proxy: see `httpBackends`. Without it they cannot be. */
  readonly backends?: BackendTransport | undefined;
  /** ClusterIPs are given out of this IPv4 range, e.g. '127.64.128.0/17'. */
  readonly serviceCidr: string;
  /** Where the `kubernetes` Service and pods' KUBERNETES_SERVICE_HOST point, e.g. { host: '127.0.0.1', port: 6443 }. */
  readonly advertise: { readonly host: string; readonly port: number };
  /** PEM of the cluster's CA: put into kube-root-ca.crt and checked against client certificates. */
  readonly caCertificate: string;
  /** Signs service-account tokens; PEM of a private key (EC P-256 or RSA), or what `jwtKey` made of one, for many servers. */
  readonly serviceAccountKey: string | JwtKey;
  /** Bearer tokens known from elsewhere, with their users. */
  readonly staticTokens?: ReadonlyMap<string, UserInfo>;
  /** Default 'https://kubernetes.default.svc.cluster.local'. */
  readonly serviceAccountIssuer?: string;
  /** How admission webhooks are called: see `httpsWebhookCaller`. Without it calls fail, as their failurePolicy says. */
  readonly callWebhook?: WebhookCaller | undefined;
  /** Admission plug-ins to leave out, by upstream's names: 'ServiceAccount'. Others cannot be left out. */
  readonly disabledAdmission?: readonly string[];
  /** Called for each request that its user may not make (403): a right that is missing, or somebody who tries. */
  readonly onRefused?: (user: UserInfo, message: string) => void;
  /** Called once for each bug (an exception that is no StatusError) that a request ran into. */
  readonly onBug: (error: unknown, request: { readonly method: string; readonly path: string }) => void;
}

/** A running server without any transport. */
export interface ApiServer {
  readonly handle: ApiHandler;
  /** Identity of a bearer token: undefined when it is not valid. */
  authenticateToken(token: string): Promise<UserInfo | undefined>;
  /** Ends watches and timers. */
  close(): Promise<void>;
}
