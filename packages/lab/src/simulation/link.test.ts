import type { Transport, TransportRequest } from '@holdfast/client';
import { FakeClock, sleep } from '@holdfast/clock';
import type { WatchFrame } from '@holdfast/schema';
import { expect, it } from 'vitest';
import { Link } from './link.ts';

const REQUEST: TransportRequest = { method: 'GET', path: '/api/v1/pods' };
const frame = (name: string): WatchFrame => ({ type: 'ADDED', object: { metadata: { name } } });

/** A link to a server that sends a frame each second, five in all, and what it has of watches that are open. */
function watched(): { clock: FakeClock; link: Link; frames: AsyncIterable<WatchFrame>; open: Set<number> } {
  const clock = new FakeClock(0, { promisesOnly: true });
  const open = new Set<number>();
  const refuse = (): never => {
    throw new Error('nothing but watches is served');
  };
  const transport: Transport = {
    request: refuse,
    stream: refuse,
    exec: refuse,
    async *watch({ signal }) {
      open.add(1);
      try {
        for (let index = 1; index <= 5; index++) {
          await sleep(clock, 1000, signal);
          yield frame(`pod-${index}`);
        }
      } finally {
        open.delete(1);
      }
    },
  };
  const link = new Link(clock);
  return { clock, link, frames: link.over(transport).watch(REQUEST), open };
}

/** Reads to the end, into what is returned; the last of it says how it ended. */
function read(frames: AsyncIterable<WatchFrame>): string[] {
  const seen: string[] = [];
  const all = async (): Promise<void> => {
    for await (const { object } of frames) seen.push(object.metadata.name ?? '');
  };
  all().then(
    () => seen.push('end'),
    (error: unknown) => seen.push(String(error)),
  );
  return seen;
}

it('passes the frames of a watch, and its end', async () => {
  const { clock, frames, open } = watched();
  const seen = read(frames);
  await clock.advance(3000);
  expect(seen).toEqual(['pod-1', 'pod-2', 'pod-3']);
  await clock.advance(3000);
  expect(seen.slice(3)).toEqual(['pod-4', 'pod-5', 'end']);
  expect(open.size).toBe(0);
});

it('breaks a watch with the reason of the break', async () => {
  const { clock, link, frames, open } = watched();
  const seen = read(frames);
  await clock.advance(1000);
  link.reset();
  await clock.advance(0);
  expect(seen).toEqual(['pod-1', 'Error: connection reset by peer (simulated)']);
  expect(open.size).toBe(0);
});

it('refuses a watch while it is cut', async () => {
  const { clock, link, frames } = watched();
  link.cut();
  const seen = read(frames);
  await clock.advance(0);
  expect(seen).toEqual(['Error: connection refused (simulated)']);
});

it('holds frames back while it is silent, and gives up after 45 seconds', async () => {
  const { clock, link, frames, open } = watched();
  link.partition();
  const seen = read(frames);
  await clock.advance(10_000);
  expect(seen).toEqual([]);
  link.mend();
  await clock.advance(1000);
  expect(seen).toEqual(['pod-1']);
  link.partition();
  await clock.advance(50_000);
  expect(seen).toEqual(['pod-1', 'Error: http2: client connection lost (simulated)']);
  expect(open.size).toBe(0);
});

it('delays each frame where it is slow', async () => {
  const { clock, link, frames } = watched();
  link.slow(500);
  const seen = read(frames);
  await clock.advance(1499);
  expect(seen).toEqual([]);
  await clock.advance(1);
  expect(seen).toEqual(['pod-1']);
});

it('ends the watch of a reader that goes', async () => {
  const { clock, frames, open } = watched();
  const first = (async () => {
    for await (const { object } of frames) return object.metadata.name;
    return undefined;
  })();
  await clock.advance(1000);
  expect(await first).toBe('pod-1');
  expect(open.size).toBe(0);
});
