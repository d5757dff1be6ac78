// A store belongs to one process: the kernel gives the lock up when the process ends, however it ends.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { createServer } from 'node:net';

/** Takes the folder's lock. Throws where another process has it. */
export async function lockStore(folder: string): Promise<AsyncDisposable> {
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex');
  const server = createServer((socket) => socket.destroy());
  // A name in Linux' abstract namespace leaves no file behind.
  server.listen(`\0holdfast-cockroach-${name}`);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(`could not lock the store at ${folder}: another cockroach process is using it`, { cause: error });
  }
  server.unref();
  return {
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
