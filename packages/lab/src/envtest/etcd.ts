// What envtest starts as etcd: it answers that it is healthy. The API server keeps its own state, so nothing is stored here.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { flagOf, parseGoFlags } from './flags.ts';
import type { EnvtestServer } from './kube-apiserver.ts';

/** Listens on the first of --listen-client-urls. */
export function runEtcd(args: readonly string[]): Promise<EnvtestServer> {
  const url = new URL(flagOf(parseGoFlags(args), 'listen-client-urls')?.split(',')[0] ?? 'http://127.0.0.1:2379');
  const server = createServer((request, response) => {
    const healthy = request.url === '/health' || request.url === '/readyz' || request.url === '/livez';
    response.writeHead(healthy ? 200 : 501, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        healthy ? { health: 'true', reason: '' } : { error: 'this is no etcd: the API server of holdfast keeps its own state' },
      ),
    );
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(url.port), url.hostname, () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}
