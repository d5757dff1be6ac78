// The HTTP port: health for probes, metrics for Prometheus.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { Clock } from '@holdfast/clock';
import type { Serving } from '../node/serving.ts';
import { metrics } from './metrics.ts';

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly startedAtMs: number;
  /** Undefined while the node waits for a cluster. */
  readonly serving: () => Serving | undefined;
}

/** Listens; rejects where the address cannot be had. */
export async function serveHttp(options: HttpOptions): Promise<AsyncDisposable> {
  const server = createServer((request, response) => {
    const url = URL.parse(request.url ?? '/', 'http://node');
    if (!url || (request.method !== 'GET' && request.method !== 'HEAD'))
      return reply(response, 400, { error: 'ask with GET for /health or /_status/vars' });
    switch (url.pathname) {
      case '/health':
        return health(response, url.searchParams.has('ready'), options.serving());
      case '/_status/vars':
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
        response.end(metrics(options.serving(), options.clock.now() - options.startedAtMs));
        return;
      default:
        return reply(response, 404, {
          error: `there is no ${url.pathname} on this understudy of CockroachDB: there are /health, /health?ready=1 and /_status/vars`,
        });
    }
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** The process lives: 200. With `ready`: whether clients should be sent here. */
function health(response: ServerResponse, ready: boolean, serving: Serving | undefined): void {
  const reason = serving ? serving.notReady : 'node is waiting for cluster initialization';
  if (ready && reason !== undefined) reply(response, 503, { error: reason, code: 14, message: reason, details: [] });
  else reply(response, 200, serving ? { nodeId: serving.nodeId, clusterId: serving.clusterId } : {});
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body, null, 2)}\n`);
}
