import { createClient, type Transport } from '@holdfast/client';
import { FakeClock, seededRandom } from '@holdfast/clock';
import { createInformerFactory, silentLogger } from '@holdfast/controller';
import { CONFIGMAPS, type Pod } from '@holdfast/schema';
import { afterEach, describe, expect, test } from 'vitest';
import { testTransport } from '../test/test-api.ts';
import { type OnReference, ownReferences, type ReferenceSource, sharedReferences } from './reference-watches.ts';

const namespace = 'default';
const pod: Pod = {
  metadata: { name: 'web-0', namespace, uid: '1' },
  spec: { containers: [{ name: 'c', envFrom: [{ configMapRef: { name: 'conf' } }] }] },
};
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A source over a counted way to the server; `asked` are the reads of single objects. */
async function sourceOf(kind: 'own' | 'shared') {
  const clock = new FakeClock();
  const transport = testTransport(clock);
  const asked: string[] = [];
  const counted: Transport = {
    ...transport,
    request: (request) => {
      if (request.method === 'GET' && /configmaps\/./.test(request.path)) asked.push(request.path);
      return transport.request(request);
    },
  };
  const client = createClient(counted);
  const admin = createClient(transport);
  const informers = createInformerFactory(client, clock, { log: silentLogger, random: seededRandom(1) });
  const context = { client, clock, random: seededRandom(1), log: silentLogger, informers };
  const source: ReferenceSource = (kind === 'own' ? ownReferences : sharedReferences)(context);
  const ending = new AbortController();
  informers.start(ending.signal);
  const changes: string[] = [];
  const onChange: OnReference = (...change) => void changes.push(change.join(' '));
  const started = source.start(onChange, ending.signal);
  await clock.advance(0);
  await started;
  stops.push(async () => {
    ending.abort();
    await clock.advance(0);
    await Promise.all([source.stopped(), informers.stopped()]);
  });
  const read = async (): Promise<unknown> => {
    let found: unknown = 'nothing yet';
    const reading = source.read(CONFIGMAPS, namespace, 'conf').then((object) => {
      found = object?.data;
    });
    await clock.advance(0);
    await reading;
    return found;
  };
  const put = (data: Record<string, string>) =>
    admin.create(CONFIGMAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'conf', namespace }, data });
  return { source, clock, asked, admin, put, read, changes };
}

describe.each(['own', 'shared'] as const)('%s references', (kind) => {
  test('an object that is followed is read without asking for it, as it is now', async () => {
    const { source, clock, asked, admin, put, read, changes } = await sourceOf(kind);
    const made = await put({ a: '1' });
    source.follow([pod]);
    expect(await read()).toEqual({ a: '1' });
    await admin.update(CONFIGMAPS, { ...made, data: { a: '2' } });
    await clock.advance(0);
    expect(await read()).toEqual({ a: '2' });
    expect(asked).toEqual([]);
    expect(changes.at(-1)).toBe('ConfigMap default conf');
  });

  test('an object that is not there yet is asked for: it may have been made this moment', async () => {
    const { source, asked, put, read } = await sourceOf(kind);
    source.follow([pod]);
    expect(await read()).toBeUndefined();
    expect(asked).toHaveLength(1);
    await put({ a: '1' });
    expect(await read()).toEqual({ a: '1' });
  });
});

test('without a watch in step within a second the server is asked', async () => {
  const clock = new FakeClock();
  const transport = testTransport(clock);
  const client = createClient({
    ...transport,
    request: (request) => (request.path.endsWith('/configmaps') ? new Promise(() => undefined) : transport.request(request)),
  });
  const admin = createClient(transport);
  await admin.create(CONFIGMAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'conf', namespace }, data: { a: '1' } });
  const informers = createInformerFactory(client, clock, { log: silentLogger, random: seededRandom(1) });
  const source = ownReferences({ client, clock, random: seededRandom(1), log: silentLogger, informers });
  const ending = new AbortController();
  await source.start(() => undefined, ending.signal);
  source.follow([pod]);
  let found: unknown;
  const reading = source.read(CONFIGMAPS, namespace, 'conf').then((object) => {
    found = object?.data;
  });
  await clock.advance(999);
  expect(found).toBeUndefined();
  await clock.advance(1);
  await reading;
  expect(found).toEqual({ a: '1' });
  ending.abort();
});
