// How much an agent may ask of the API server: a kubelet has several clients, each with its own limit.
import { type RateLimit, rateLimited, RateLimiter, type Transport } from '@holdfast/client';
import type { Clock } from '@holdfast/clock';

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
      if (HEARTBEAT.test(request.path)) return undefined;
      return EVENTS.test(request.path) ? events : others;
    },
  });
}

const HEARTBEAT = /^\/api\/v1\/nodes\/|^\/apis\/coordination\.k8s\.io\/v1\/namespaces\/kube-node-lease\/leases/;
const EVENTS = /^\/(?:api\/v1|apis\/events\.k8s\.io\/v1)\/namespaces\/[^/]+\/events/;
