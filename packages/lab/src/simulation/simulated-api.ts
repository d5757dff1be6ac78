// The API of a simulated cluster: a server over a store that outlives it, as etcd outlives an API server.
import { type ApiServer, createApiServer, type JwtKey } from '@holdfast/apiserver';
import { type Client, createClient, inProcessTransport, type Transport } from '@holdfast/client';
import type { Clock, Random } from '@holdfast/clock';
import type { Logger } from '@holdfast/controller';
import type { ApiHandler, KubeObject, NodeDialer } from '@holdfast/schema';
import type { Store } from '@holdfast/store';

export interface SimulatedApiOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly store: Store<KubeObject>;
  readonly nodes: NodeDialer;
  readonly serviceCidr: string;
  readonly serviceAccountKey: JwtKey;
  /** Called with every bug of the server. */
  readonly onBug: (error: unknown) => void;
  /** Put between all clients and the server. */
  readonly wrap?: (handle: ApiHandler) => ApiHandler;
}

export class SimulatedApi {
  readonly #options: SimulatedApiOptions;
  #server: ApiServer | undefined;

  constructor(options: SimulatedApiOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#server !== undefined;
  }

  /** A client of a user; `over` puts something between it and the server. */
  client(username: string, over: (transport: Transport) => Transport = (transport) => transport): Client {
    const handle = this.#options.wrap?.(this.#handle) ?? this.#handle;
    const transport = inProcessTransport(handle, { username, groups: ['system:masters', 'system:authenticated'] });
    return createClient(over(transport));
  }

  start(): void {
    if (this.#server) return;
    const { clock, random, store, nodes, serviceCidr, serviceAccountKey, log, onBug } = this.#options;
    this.#server = createApiServer({
      clock,
      random,
      store,
      nodes,
      serviceCidr,
      advertise: { host: '127.0.0.1', port: 6443 },
      caCertificate: '',
      serviceAccountKey,
      onBug: (error, request) => {
        log.error({ err: error, method: request.method, path: request.path }, 'request ran into a bug');
        onBug(error);
      },
    });
  }

  /** Ends the server: watches end, requests are refused until it is started again. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.close();
  }

  readonly #handle: ApiHandler = (request) => {
    if (!this.#server) return Promise.reject(new Error('connection refused (simulated: the API server is down)'));
    return this.#server.handle(request);
  };
}
