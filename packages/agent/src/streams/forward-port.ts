// One forwarded connection: to the pod's own address.
import { connect, type Socket } from 'node:net';
import type { PodRef, PortStreams } from '@holdfast/schema';

/** Resolves when either side has ended the connection. Rejects with the kubelet's sentence when it cannot be made. */
export async function forwardPort({ podIp, uid }: PodRef, port: number, { input, output, signal }: PortStreams): Promise<void> {
  const socket = connect({ host: podIp, port });
  const onAbort = (): void => void socket.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await connected(socket).catch((error: unknown) => {
      throw new Error(
        `error forwarding port ${port} to pod ${uid}, uid : failed to connect to ${podIp}:${port}: dial tcp4 ${podIp}:${port}: ${reasonOf(error)}`,
        { cause: error },
      );
    });
    // Not waited for: when the pod hangs up, nobody has to end the input first.
    void pump(input, socket);
    for await (const chunk of socket) await output(chunk as Uint8Array);
  } finally {
    signal.removeEventListener('abort', onAbort);
    socket.destroy();
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve();
    });
    socket.once('error', reject);
  });
}

async function pump(input: AsyncIterable<Uint8Array>, socket: Socket): Promise<void> {
  for await (const chunk of input) {
    if (socket.destroyed) return;
    if (!socket.write(chunk)) await new Promise<void>((resolve) => void socket.once('drain', resolve).once('close', resolve));
  }
  socket.end();
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED') return 'connect: connection refused';
  return error instanceof Error ? error.message : String(error);
}
