// One service port: a listener while there is somebody to connect to, and connections spliced to endpoints in turn.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Random } from '@holdfast/clock';
import type { Backend } from './endpoint-choice.ts';

export interface PortForwarderOptions {
  readonly host: string;
  readonly port: number;
  readonly random: Random;
  /** The port cannot be bound; called once per failure. */
  readonly onBindError: (error: NodeJS.ErrnoException) => void;
}

export class PortForwarder {
  readonly #options: PortForwarderOptions;
  readonly #connections = new Map<Socket, Socket>();
  #backends: readonly Backend[] = [];
  #next = 0;
  #server: Server | undefined;
  #closed = false;
  #failed = false;

  constructor(options: PortForwarderOptions) {
    this.#options = options;
  }

  /**
   * Follows a change of endpoints. Without any the listener is closed, so that clients are refused at once, as by the REJECT
   * rule that kube-proxy writes. Established connections stay until one of their ends closes them.
   */
  setBackends(backends: readonly Backend[]): void {
    if (this.#backends.length === 0 && backends.length > 0) this.#next = this.#options.random.int(backends.length);
    this.#backends = backends;
    if (backends.length === 0) this.#unlisten();
    else if (!this.#server && !this.#closed && !this.#failed) this.#listen();
  }

  /** Ends the listener and all connections. */
  async close(): Promise<void> {
    this.#closed = true;
    const server = this.#server;
    this.#server = undefined;
    for (const [client, backend] of this.#connections) {
      client.destroy();
      backend.destroy();
    }
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #listen(): void {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    this.#server = server;
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (this.#server === server) this.#server = undefined;
      this.#failed = true;
      this.#options.onBindError(error);
    });
    server.listen(this.#options.port, this.#options.host);
  }

  #unlisten(): void {
    const server = this.#server;
    this.#server = undefined;
    // Connections that are under way keep the server object alive, not its port.
    server?.close();
  }

  #accept(client: Socket): void {
    const backend = this.#backends[this.#next % Math.max(1, this.#backends.length)];
    this.#next += 1;
    if (!backend) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ host: backend.host, port: backend.port, allowHalfOpen: true, noDelay: true });
    this.#connections.set(client, upstream);
    splice(client, upstream);
    splice(upstream, client);
    client.once('close', () => this.#connections.delete(client));
  }
}

/** Copies one direction; the end of one side's writing is handed on, an error resets the other side. */
function splice(from: Socket, to: Socket): void {
  from.pipe(to);
  from.once('error', () => to.resetAndDestroy());
  from.once('close', (hadError) => {
    if (hadError) to.resetAndDestroy();
  });
}
