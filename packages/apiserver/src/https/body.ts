// Reads request bodies up to the API's limit.
import type { Readable } from 'node:stream';
import { badRequest, requestEntityTooLarge } from '@holdfast/schema';

/** The limit of kube-apiserver: 3 MiB. */
export const BODY_LIMIT = 3 * 1024 * 1024;
/** So much of a body that is too large is read and forgotten, so that its sender gets to read the answer. */
const DRAIN_LIMIT = 16 * BODY_LIMIT;

/** The whole body; throws RequestEntityTooLarge (413) beyond the limit, BadRequest when the sender breaks off. */
export async function readBody(source: Readable, limit: number = BODY_LIMIT): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else if (length > Math.max(DRAIN_LIMIT, limit)) break;
    }
  } catch (error) {
    throw badRequest('the request ended before its body was complete', { cause: error });
  }
  if (length > limit) throw requestEntityTooLarge(`limit is ${limit}`);
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}
