import type { WatchFrame } from '@holdfast/schema';
import { expect, it } from 'vitest';
import { embedded, MAPS } from './embedded.fixture.ts';

const shown = ({ type, object }: WatchFrame): readonly unknown[] => [type, object.metadata.name, object.metadata.resourceVersion];
const next = async (frames: AsyncIterator<WatchFrame>): Promise<WatchFrame> => (await frames.next()).value as WatchFrame;

it('shows what enters, changes in and leaves a selection; what leaves as it was, with the revision at which it left', async () => {
  const { watch, putMap, ask, store } = embedded();
  await putMap('a', { n: '0' }, { app: 'other' });
  const frames = await watch(`${MAPS}?watch=true&labelSelector=app%3Dx&resourceVersion=${store.revision}`);
  const first = frames.next();
  const entered = await putMap('a', { n: '1' }, { app: 'x' });
  expect(shown((await first).value as WatchFrame)).toEqual(['ADDED', 'a', entered.metadata.resourceVersion]);
  await putMap('a', { n: '2' }, { app: 'x' });
  expect((await next(frames)).type).toBe('MODIFIED');
  const left = await putMap('a', { n: '3' }, { app: 'other' });
  const gone = await next(frames);
  expect(shown(gone)).toEqual(['DELETED', 'a', left.metadata.resourceVersion]);
  expect(gone.object).toMatchObject({ data: { n: '2' }, metadata: { labels: { app: 'x' } } });
  await putMap('a', { n: '4' }, { app: 'x' });
  expect((await next(frames)).type).toBe('ADDED');
  await ask('DELETE', `${MAPS}/a`);
  expect(shown(await next(frames))).toEqual(['DELETED', 'a', String(store.revision)]);
});

it('begins with the initial state and its bookmark where that is asked for', async () => {
  const { watch, putMap, store } = embedded();
  await putMap('a', {});
  await putMap('b', {});
  const frames = await watch(`${MAPS}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`);
  expect([shown(await next(frames))[1], shown(await next(frames))[1]]).toEqual(['a', 'b']);
  expect(await next(frames)).toEqual({
    type: 'BOOKMARK',
    object: {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { resourceVersion: String(store.revision), annotations: { 'k8s.io/initial-events-end': 'true' } },
    },
  });
  const later = await putMap('c', {});
  expect(shown(await next(frames))).toEqual(['ADDED', 'c', later.metadata.resourceVersion]);
});

it('sends bookmarks that never go back, also for what others wrote, and a last one before its time is up', async () => {
  const { watch, putMap, store, clock, ask } = embedded();
  const frames = await watch(`${MAPS}?watch=true&allowWatchBookmarks=true&timeoutSeconds=100&resourceVersion=${store.revision}`);
  const pending = frames.next();
  await putMap('a', {});
  expect(((await pending).value as WatchFrame).type).toBe('ADDED');
  const waiting = frames.next();
  await ask('POST', '/api/v1/namespaces', { metadata: { name: 'elsewhere' } });
  await clock.advance(60_000);
  expect(await waiting).toMatchObject({ value: { type: 'BOOKMARK', object: { metadata: { resourceVersion: String(store.revision) } } } });
  const last = frames.next();
  await clock.advance(38_000);
  expect(await last).toMatchObject({ value: { type: 'BOOKMARK', object: { metadata: { resourceVersion: String(store.revision) } } } });
  const end = frames.next();
  await clock.advance(2_000);
  expect((await end).done).toBe(true);
});

it('tells a client in the stream that its version is too old, and one that reads too slowly', async () => {
  const { watch, putMap, store } = embedded({ watchLimit: 3 });
  const start = store.revision;
  await putMap('a', {});
  const slow = await watch(`${MAPS}?watch=true&resourceVersion=${store.revision}`);
  const first = slow.next();
  await putMap('a', { n: '0' });
  expect(((await first).value as WatchFrame).type).toBe('MODIFIED');
  for (let n = 1; n <= 5; n++) await putMap('a', { n: String(n) });
  expect(await next(slow)).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  expect((await slow.next()).done).toBe(true);
  store.compact(store.revision);
  const old = await watch(`${MAPS}?watch=true&resourceVersion=${start}`);
  expect(await next(old)).toMatchObject({
    type: 'ERROR',
    object: { code: 410, message: `too old resource version: ${start} (${store.revision})` },
  });
});

it('encodes a change once for all who watch it', async () => {
  const { watch, putMap, store } = embedded();
  const watches = await Promise.all(Array.from({ length: 5000 }, () => watch(`${MAPS}?watch=true&resourceVersion=${store.revision}`)));
  const pending = watches.map((frames) => frames.next());
  await putMap('a', { n: '1' });
  const lines = new Set((await Promise.all(pending)).map(({ value }) => (value as WatchFrame).line));
  expect(lines.size).toBe(1);
  const [line] = lines;
  expect(JSON.parse(Buffer.from(line ?? []).toString())).toMatchObject({ type: 'ADDED', object: { kind: 'ConfigMap', data: { n: '1' } } });
});

it('shows metadata alone, and tables with their columns once', async () => {
  const { watch, putMap, store } = embedded();
  const at = `${MAPS}?watch=true&resourceVersion=${store.revision}`;
  const partial = await watch(at, 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io');
  const tables = await watch(at, 'application/json;as=Table;v=v1;g=meta.k8s.io');
  const pending = [partial.next(), tables.next()] as const;
  await putMap('a', { n: '1' });
  await putMap('a', { n: '2' });
  const metadata = (await pending[0]).value as WatchFrame;
  expect(metadata.object).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'a' } });
  expect(metadata.object).not.toHaveProperty('data');
  expect((await pending[1]).value).toMatchObject({ object: { kind: 'Table', columnDefinitions: expect.any(Array) as unknown } });
  expect((await next(tables)).object).not.toHaveProperty('columnDefinitions');
});
