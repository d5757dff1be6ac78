// One port serves nodes and SQL clients: what a connection begins with tells them apart.
import type { Socket } from 'node:net';

/** What a node sends first. Read as the length of a PostgreSQL client's first message it would be absurd. */
export const RPC_PREFACE = Buffer.from('HFCR');

/** Reads the beginning and hands the socket on; a socket that ends or breaks before is forgotten. */
export function byPreface(
  socket: Socket,
  handlers: { readonly rpc: (socket: Socket) => void; readonly other: (socket: Socket) => void },
): void {
  // Whoever breaks off before saying anything is of no interest; later errors belong to whoever takes the socket.
  const onError = (): void => void socket.destroy();
  const onReadable = (): void => {
    const start: Buffer | null = socket.read(RPC_PREFACE.length);
    if (!start) return;
    socket.off('readable', onReadable);
    socket.off('error', onError);
    if (RPC_PREFACE.equals(start)) return handlers.rpc(socket);
    socket.unshift(start);
    handlers.other(socket);
  };
  socket.on('error', onError);
  socket.on('readable', onReadable);
}
