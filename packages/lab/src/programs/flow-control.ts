// How much each program may ask of the API server: upstream's clients, of which a program has several, each with its own limit.
import { type RateLimit, rateLimited, RateLimiter, type Transport, type TransportRequest } from '@holdfast/client';
import type { Clock } from '@holdfast/clock';

/** A client's limit; undefined: none, as upstream's `--kube-api-qps=-1`. */
export function underLimit(transport: Transport, limit: RateLimit | undefined, clock: Clock): Transport {
  if (!limit) return transport;
  const limiter = new RateLimiter(limit, clock);
  return rateLimited(transport, { limiterOf: () => limiter });
}

/**
 * A kubelet's three clients: its lease and its node's status wait for nothing, lest a busy node be taken for a dead one, and its events
 * do not keep its pods waiting (cmd/kubelet/app/server.go: heartbeatClient, eventClient, kubeClient).
 */
export function underKubeletLimits(transport: Transport, limit: RateLimit | undefined, clock: Clock): Transport {
  if (!limit) return transport;
  const events = new RateLimiter(limit, clock);
  const others = new RateLimiter(limit, clock);
  return rateLimited(transport, {
    limiterOf: (request) => {
      if (isHeartbeat(request)) return undefined;
      return EVENTS.test(request.path) ? events : others;
    },
  });
}

const HEARTBEAT = /^\/api\/v1\/nodes\/|^\/apis\/coordination\.k8s\.io\/v1\/namespaces\/kube-node-lease\/leases/;
const EVENTS = /^\/(?:api\/v1|apis\/events\.k8s\.io\/v1)\/namespaces\/[^/]+\/events/;

function isHeartbeat({ path }: TransportRequest): boolean {
  return HEARTBEAT.test(path);
}
