// A TCP port.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

export interface Listener extends AsyncDisposable {
  readonly port: number;
}

/** Listens; rejects with a sentence that names the address where that cannot be had. Disposing it ends its connections. */
export async function listen(host: string, port: number, onSocket: (socket: Socket) => void): Promise<Listener> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    onSocket(socket);
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(`unable to listen on ${host}:${port}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}
