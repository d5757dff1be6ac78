// The API of a simulated cluster: a server over a store that outlives it, as etcd outlives an API server.
import { generateKeyPairSync } from 'node:crypto';
import { type ApiServer, createApiServer } from '@holdfast/apiserver';
import { type Client, createClient, inProcessTransport } from '@holdfast/client';
import type { Clock, Random } from '@holdfast/clock';
import type { Logger } from '@holdfast/controller';
import type { ApiHandler, KubeObject, NodeDialer } from '@holdfast/schema';
import type { Store } from '@holdfast/store';
import type { Link } from './link.ts';

export interface SimulatedApiOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly store: Store<KubeObject>;
  readonly nodes: NodeDialer;
  readonly serviceCidr: string;
  /** Called with every bug of the server. */
  readonly onBug: (error: unknown) => void;
  /** Put between all clients and the server. */
  readonly wrap?: (handle: ApiHandler) => ApiHandler;
}

/** Signs tokens. Made anew by each process: tokens are not part of a trace. */
const signingKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

export class SimulatedApi {
  readonly #options: SimulatedApiOptions;
  readonly #key = signingKey();
  #server: ApiServer | undefined;

  constructor(options: SimulatedApiOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#server !== undefined;
  }

  /** A client of a user, over a link where given. */
  client(username: string, link?: Link): Client {
    const handle = this.#options.wrap?.(this.#handle) ?? this.#handle;
    const transport = inProcessTransport(handle, { username, groups: ['system:masters', 'system:authenticated'] });
    return createClient(link ? link.over(transport) : transport);
  }

  start(): void {
    if (this.#server) return;
    const { clock, random, store, nodes, serviceCidr, log, onBug } = this.#options;
    this.#server = createApiServer({
      clock,
      random,
      store,
      nodes,
      serviceCidr,
      advertise: { host: '127.0.0.1', port: 6443 },
      caCertificate: '',
      serviceAccountKey: this.#key,
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
