// Reads request bodies up to the API's limit.
import type { Readable } from 'node:stream';
import { badRequest, requestEntityTooLarge } from '@holdfast/schema';

/** The limit of kube-apiserver: 3 MiB. */
export const BODY_LIMIT = 3 * 1024 * 1024;
/** So much of a body that is too large is read and forgotten, so that its sender gets to read the answer. */
const DRAIN_LIMIT = 16 * BODY_LIMIT;

/** The whole body; throws RequestEntityTooLarge (413) beyond the limit, BadRequest when the sender breaks off. */
export function readBody(source: Readable, limit: number = BODY_LIMIT): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Events rather than iteration, which costs more than all the rest of a small request.
  return new Promise((resolve, reject) => {
    const tooLarge = (): void => reject(requestEntityTooLarge(`limit is ${limit}`));
    const brokenOff = (cause?: unknown): void => reject(badRequest('the request ended before its body was complete', { cause }));
    source.on('data', (chunk: Uint8Array) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else {
        chunks.length = 0;
        if (length > Math.max(DRAIN_LIMIT, limit)) {
          source.pause();
          tooLarge();
        }
      }
    });
    let ended = false;
    source.on('end', () => {
      ended = true;
      if (length > limit) tooLarge();
      else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    });
    source.on('error', brokenOff);
    // Every request closes; an error that nobody needs is made of a stack, which costs more than reading the body.
    source.on('close', () => {
      if (!ended) brokenOff();
    });
  });
}
