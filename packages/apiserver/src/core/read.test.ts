import type { KubeObject } from '@holdfast/schema';
import { expect, it } from 'vitest';
import { embedded, type ListBody, MAPS } from './embedded.fixture.ts';

const names = ({ items }: ListBody): readonly (string | undefined)[] => items.map((item) => item.metadata.name);

it('gives pages of one revision, whatever is written in between', async () => {
  const { read, putMap, ask } = embedded();
  for (const name of ['a', 'b', 'c', 'd', 'e']) await putMap(name, { name });
  const first = await read<ListBody>('GET', `${MAPS}?limit=2`);
  expect([names(first), first.metadata.remainingItemCount]).toEqual([['a', 'b'], 3]);
  await ask('DELETE', `${MAPS}/c`);
  await putMap('d', { name: 'changed' });
  await putMap('aa', {});
  const second = await read<ListBody>('GET', `${MAPS}?limit=2&continue=${first.metadata.continue}`);
  expect(names(second)).toEqual(['c', 'd']);
  expect(second.items[1]).toMatchObject({ data: { name: 'd' } });
  expect(second.metadata).toMatchObject({ resourceVersion: first.metadata.resourceVersion, remainingItemCount: 1 });
  const last = await read<ListBody>('GET', `${MAPS}?limit=2&continue=${second.metadata.continue}`);
  expect(names(last)).toEqual(['e']);
  expect(last.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
  expect(names(await read<ListBody>('GET', MAPS))).toEqual(['a', 'aa', 'b', 'd', 'e']);
});

it('counts what remains only without a selector, and ignores the limit at resourceVersion 0', async () => {
  const { read, putMap } = embedded();
  for (const name of ['a', 'b', 'c']) await putMap(name, {}, { app: 'x' });
  const selected = await read<ListBody>('GET', `${MAPS}?limit=1&labelSelector=app%3Dx`);
  expect(selected.metadata.continue).toBeTruthy();
  expect(selected.metadata).not.toHaveProperty('remainingItemCount');
  const any = await read<ListBody>('GET', `${MAPS}?limit=1&resourceVersion=0`);
  expect([names(any).length, any.metadata.continue]).toEqual([3, undefined]);
});

it('offers the inconsistent rest of a list whose revision is forgotten', async () => {
  const { read, refused, putMap, store } = embedded();
  for (const name of ['a', 'b', 'c']) await putMap(name, {});
  const first = await read<ListBody>('GET', `${MAPS}?limit=1`);
  await putMap('bb', {});
  store.compact(store.revision);
  const gone = await refused('GET', `${MAPS}?limit=1&continue=${first.metadata.continue}`);
  expect(gone).toMatchObject({ code: 410, reason: 'Expired' });
  expect(gone.message).toContain('Continuing with the provided token results in an inconsistent list');
  const token = (gone.metadata as { readonly continue?: string }).continue;
  const rest = await read<ListBody>('GET', `${MAPS}?continue=${token}`);
  expect(names(rest)).toEqual(['b', 'bb', 'c']);
  expect(rest.metadata.resourceVersion).toBe(String(store.revision));
  expect(await refused('GET', `${MAPS}?continue=nonsense`)).toMatchObject({ code: 400 });
  const exact = await refused('GET', `${MAPS}?resourceVersion=${first.metadata.resourceVersion}&resourceVersionMatch=Exact`);
  expect(exact).toMatchObject({ code: 410, reason: 'Expired', message: 'The resourceVersion for the provided list is too old.' });
});

it('lists at exactly a revision, and not before one', async () => {
  const { read, putMap } = embedded();
  const { metadata } = await putMap('a', { n: '1' });
  await putMap('a', { n: '2' });
  const then = await read<ListBody>('GET', `${MAPS}?resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=Exact`);
  expect(then).toMatchObject({ metadata: { resourceVersion: metadata.resourceVersion }, items: [{ data: { n: '1' } }] });
  const now = await read<ListBody>('GET', `${MAPS}?resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=NotOlderThan`);
  expect(now.items).toMatchObject([{ data: { n: '2' } }]);
});

const PREFIX = 'ListOptions.meta.k8s.io "" is invalid: ';
it.each([
  ['resourceVersionMatch=Exact', 'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided'],
  [
    'resourceVersionMatch=Exact&resourceVersion=0',
    'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
  ],
  [
    'resourceVersionMatch=Newest&resourceVersion=5',
    'resourceVersionMatch: Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""',
  ],
  ['sendInitialEvents=true', 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list'],
  [
    'watch=true&sendInitialEvents=true',
    'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  ],
  [
    'watch=true&resourceVersionMatch=NotOlderThan',
    'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
  ],
])('refuses ?%s', async (query, message) => {
  expect(await embedded().refused('GET', `${MAPS}?${query}`)).toMatchObject({ code: 422, reason: 'Invalid', message: PREFIX + message });
});

it('waits a moment for a revision of the future, and then says that it is too large', async () => {
  const { refused, read, clock, store, putMap } = embedded();
  await putMap('a', {});
  const far = refused('GET', `${MAPS}?resourceVersion=999999`);
  await clock.advance(3_000);
  expect(await far).toMatchObject({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: 999999, current: ${store.revision}`,
    details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 },
  });
  const near = read<ListBody>('GET', `${MAPS}?resourceVersion=${store.revision + 1}`);
  await putMap('b', {});
  expect(names(await near)).toContain('b');
  expect(await refused('GET', `${MAPS}?resourceVersion=new`)).toMatchObject({ code: 400 });
});

it('sends as bytes exactly what it hands over as values', async () => {
  const { ask, putMap } = embedded();
  await putMap('a', { text: 'ä "quoted" \u2028' });
  await putMap('b', {});
  for (const path of [MAPS, `${MAPS}/a`, `${MAPS}?limit=1`, '/api/v1/namespaces', '/apis/events.k8s.io/v1/events']) {
    const response = await ask('GET', path);
    if (response.kind !== 'object') throw new Error(path);
    expect(JSON.parse(Buffer.from(response.encoded ?? []).toString())).toEqual(JSON.parse(JSON.stringify(response.object)));
  }
  const list = await ask('GET', MAPS);
  expect(list.kind === 'object' && (list.object as ListBody).items.every((item: KubeObject) => item.kind === undefined)).toBe(true);
});

it('answers writes with the stored bytes, and does not write what changes nothing', async () => {
  const { ask, store, putMap } = embedded();
  await putMap('a', { n: '1' });
  const { revision } = store;
  const again = await ask('PUT', `${MAPS}/a`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', labels: {} },
    data: { n: '1' },
  });
  expect(store.revision).toBe(revision);
  if (again.kind !== 'object') throw new Error('no object');
  expect(JSON.parse(Buffer.from(again.encoded ?? []).toString())).toEqual(again.object);
  const dry = await ask('PUT', `${MAPS}/a?dryRun=All`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { n: '9' } });
  expect(dry).toMatchObject({ status: 200, object: { data: { n: '9' } } });
  expect(dry.kind === 'object' && dry.encoded).toBeUndefined();
});
