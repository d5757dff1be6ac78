import type { WatchFrame } from '@holdfast/schema';
import { PODS } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import type { Transport } from './client.ts';
import { createClient } from './create-client.ts';

const FRAMES: readonly WatchFrame[] = [
  { type: 'ADDED', object: { metadata: { name: 'web-0', resourceVersion: '7' } } },
  { type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } },
  {
    type: 'ERROR',
    object: { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410, message: 'too old resource version: 1 (2)' } as never,
  },
  { type: 'ADDED', object: { metadata: { name: 'web-1' } } },
];

/** A client whose watches have these frames, and what the transport still keeps open. */
function watching(frames: readonly WatchFrame[]): { client: ReturnType<typeof createClient>; open: Set<string> } {
  const open = new Set<string>();
  const other = (): never => {
    throw new Error('not asked for');
  };
  const transport: Transport = {
    request: other,
    stream: other,
    exec: other,
    async *watch({ path }) {
      open.add(path);
      try {
        yield* frames;
      } finally {
        open.delete(path);
      }
    },
  };
  return { client: createClient(transport), open };
}

describe('a watch', () => {
  it('gives objects with their kind, and how far a bookmark is; it ends where its frames end', async () => {
    const { client, open } = watching(FRAMES.slice(0, 2));
    const seen: unknown[] = [];
    for await (const event of client.watch(PODS)) seen.push(event);
    expect(seen).toEqual([
      { type: 'ADDED', object: { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'web-0', resourceVersion: '7' } } },
      { type: 'BOOKMARK', resourceVersion: '9' },
    ]);
    expect(open.size).toBe(0);
  });

  it('fails with what an ERROR says, gives nothing after it, and leaves nothing open', async () => {
    const { client, open } = watching(FRAMES);
    const events = client.watch(PODS)[Symbol.asyncIterator]();
    await events.next();
    await events.next();
    await expect(events.next()).rejects.toThrow('too old resource version: 1 (2)');
    expect(open.size).toBe(0);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it('of a reader that goes is closed', async () => {
    const { client, open } = watching(FRAMES);
    for await (const event of client.watch(PODS)) {
      expect([event.type, open.size]).toEqual(['ADDED', 1]);
      break;
    }
    expect(open.size).toBe(0);
  });
});
