export { isStatusObject, statusErrorOf } from './answers.ts';
export type {
  Client,
  DeleteOptions,
  ExecRequest,
  ListOptions,
  Patch,
  Transport,
  TransportRequest,
  TransportResponse,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './client.ts';
export type { ClientOptions } from './create-client.ts';
export { createClient, keyOf } from './create-client.ts';
export { type Ending, endingWith } from './ending.ts';
export type { Fault } from './fault-injection.ts';
export { faultyTransport } from './fault-injection.ts';
export type { ClusterAccess } from './https/access.ts';
export type { HttpsOptions, HttpsTransport } from './https/transport.ts';
export { httpsTransport } from './https/transport.ts';
export type { InClusterAccess } from './in-cluster.ts';
export { inClusterConfig } from './in-cluster.ts';
export { inProcessTransport } from './in-process.ts';
export type { KubeconfigAccess } from './kubeconfig.ts';
export { clientFromKubeconfig, kubeconfigPaths, loadKubeconfig } from './kubeconfig.ts';
export type { RateLimit, RateLimitedOptions } from './rate-limit.ts';
export { rateLimited, RateLimiter, underLimit } from './rate-limit.ts';
