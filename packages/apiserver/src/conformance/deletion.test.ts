// Section 1.13: what a deletion does, at once and in steps.
import { describe, expect, test } from 'vitest';
import { configMap, type Json, MERGE, NAMESPACED, pod, statefulSet, wire } from './wire.fixture.ts';

const MAPS = `${NAMESPACED}/configmaps`;
const PODS = `${NAMESPACED}/pods`;
const SETS = '/apis/apps/v1/namespaces/default/statefulsets';

describe('deleting at once', () => {
  test('answers with a Status that names what is gone', async () => {
    const { ok } = wire();
    const map = await ok('POST', MAPS, configMap('a'));
    expect(await ok('DELETE', `${MAPS}/a`)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'a', kind: 'configmaps', uid: map['metadata'].uid },
    });
    await ok('POST', SETS, statefulSet('s'));
    expect((await ok('DELETE', `${SETS}/s`))['details']).toMatchObject({ group: 'apps', kind: 'statefulsets' });
  });

  test('with preconditions that do not hold is a conflict', async () => {
    const { ok, refusal } = wire();
    const { metadata } = await ok('POST', MAPS, configMap('a'));
    for (const preconditions of [{ uid: 'other' }, { resourceVersion: '1' }])
      expect(await refusal('DELETE', `${MAPS}/a`, { preconditions })).toMatch(
        /^409 .*Precondition failed: (UID|ResourceVersion) in precondition/,
      );
    await ok('DELETE', `${MAPS}/a`, { preconditions: { uid: metadata.uid, resourceVersion: metadata.resourceVersion } });
  });

  test('for trial leaves everything as it is, whether the body or the query says so', async () => {
    const { ok } = wire();
    await ok('POST', MAPS, configMap('a'));
    await ok('DELETE', `${MAPS}/a?dryRun=All`);
    await ok('DELETE', `${MAPS}/a`, { apiVersion: 'v1', kind: 'DeleteOptions', dryRun: ['All'] });
    await ok('DELETE', MAPS, { dryRun: ['All'] });
    expect((await ok('GET', `${MAPS}/a`))['metadata'].name).toBe('a');
  });

  test('options are checked', async () => {
    const { ok, refusal } = wire();
    await ok('POST', MAPS, configMap('a'));
    expect(await refusal('DELETE', `${MAPS}/a`, { orphanDependents: true, propagationPolicy: 'Orphan' })).toMatch(
      /^422 DeleteOptions\.meta\.k8s\.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set$/,
    );
    expect(await refusal('DELETE', `${MAPS}/a`, { propagationPolicy: 'Sideways' })).toMatch(
      /^422 .*propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"$/,
    );
    expect(await refusal('DELETE', `${MAPS}/a`, { dryRun: ['Some'] })).toMatch(/^422 .*dryRun: Unsupported value/);
    expect(await refusal('DELETE', `${MAPS}/a`, { gracePeriodSeconds: 'long' })).toMatch(/^400 /);
    expect(await refusal('DELETE', `${MAPS}/a?gracePeriodSeconds=long`)).toMatch(/^400 /);
  });
});

describe('deleting in steps', () => {
  test('finalizers keep an object, with a period of 0; a second deletion does nothing', async () => {
    const { ok } = wire();
    await ok('POST', MAPS, configMap('a', {}, { finalizers: ['x.io/f'] }));
    const begun = await ok('DELETE', `${MAPS}/a`);
    expect(begun['metadata']).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 });
    const again = await ok('DELETE', `${MAPS}/a`);
    expect(again['metadata'].resourceVersion).toBe(begun['metadata'].resourceVersion);
  });

  test.each([
    ['Orphan', ['orphan']],
    ['Foreground', ['foregroundDeletion']],
  ])('%s leaves a finalizer for the garbage collector', async (propagationPolicy, finalizers) => {
    const { ok } = wire();
    await ok('POST', SETS, statefulSet('s'));
    expect((await ok('DELETE', `${SETS}/s`, { propagationPolicy }))['metadata'].finalizers).toEqual(finalizers);
    const query = wire();
    await query.ok('POST', SETS, statefulSet('s'));
    expect((await query.ok('DELETE', `${SETS}/s?propagationPolicy=${propagationPolicy}`))['metadata'].finalizers).toEqual(finalizers);
  });

  test('orphanDependents is the old word for it; Background takes both finalizers away', async () => {
    const { ok, refusal } = wire();
    await ok('POST', SETS, statefulSet('s'));
    expect((await ok('DELETE', `${SETS}/s`, { orphanDependents: true }))['metadata'].finalizers).toEqual(['orphan']);
    await ok('DELETE', `${SETS}/s`, { propagationPolicy: 'Background' });
    expect(await refusal('GET', `${SETS}/s`)).toMatch(/^404/);
  });
});

describe('pods', () => {
  const running = async (seconds?: number, spec: Json = {}) => {
    const server = wire();
    await server.ok('POST', PODS, pod('p', { nodeName: 'n', ...spec }));
    await server.ok('PATCH', `${PODS}/p/status`, { status: { phase: 'Running' } }, MERGE);
    const answer = await server.ok('DELETE', `${PODS}/p`, seconds === undefined ? undefined : { gracePeriodSeconds: seconds });
    return { ...server, answer };
  };
  const deadline = ({ metadata }: Json): unknown[] => [metadata.deletionTimestamp, metadata.deletionGracePeriodSeconds];

  test('have their grace period, their own or the one asked for', async () => {
    expect(deadline((await running()).answer)).toEqual(['2026-01-01T00:00:30Z', 30]);
    expect(deadline((await running(undefined, { terminationGracePeriodSeconds: 7 })).answer)).toEqual(['2026-01-01T00:00:07Z', 7]);
    expect(deadline((await running(90)).answer)).toEqual(['2026-01-01T00:01:30Z', 90]);
    expect(deadline((await running(-5)).answer)).toEqual(['2026-01-01T00:00:01Z', 1]);
  });

  test('a second deletion only shortens it, counted from the first', async () => {
    const { ok, clock, answer } = await running(60);
    await clock.advance(10_000);
    const longer = await ok('DELETE', `${PODS}/p`, { gracePeriodSeconds: 80 });
    expect(longer['metadata'].resourceVersion).toBe(answer['metadata'].resourceVersion);
    expect(deadline(await ok('DELETE', `${PODS}/p`, { gracePeriodSeconds: 20 }))).toEqual(['2026-01-01T00:00:20Z', 20]);
    expect(await ok('DELETE', `${PODS}/p`, { gracePeriodSeconds: 0 })).toMatchObject({ kind: 'Pod' });
    expect((await wire().ask('GET', `${PODS}/p`)).status).toBe(404);
  });

  test('go at once without a node, or when they have ended', async () => {
    const server = wire();
    await server.ok('POST', PODS, pod('p'));
    await server.ok('DELETE', `${PODS}/p`);
    expect((await server.ask('GET', `${PODS}/p`)).status).toBe(404);
    for (const phase of ['Succeeded', 'Failed']) {
      await server.ok('POST', PODS, pod('p', { nodeName: 'n' }));
      await server.ok('PATCH', `${PODS}/p/status`, { status: { phase } }, MERGE);
      await server.ok('DELETE', `${PODS}/p`);
      expect((await server.ask('GET', `${PODS}/p`)).status).toBe(404);
    }
  });
});

describe('collections', () => {
  test('are deleted by their selectors, each object in its own way; the answer lists them', async () => {
    const { ok } = wire();
    await ok('POST', MAPS, configMap('a', {}, { labels: { app: 'x' } }));
    await ok('POST', MAPS, configMap('b', {}, { labels: { app: 'x' }, finalizers: ['x.io/f'] }));
    await ok('POST', MAPS, configMap('c'));
    const gone = await ok('DELETE', `${MAPS}?labelSelector=app%3Dx`);
    expect([gone['kind'], gone['items'].map((item: Json) => item['metadata'].name)]).toEqual(['ConfigMapList', ['a', 'b']]);
    const left = await ok('GET', MAPS);
    expect(left['items'].map((item: Json) => [item['metadata'].name, 'deletionTimestamp' in item['metadata']])).toEqual([
      ['b', true],
      ['c', false],
    ]);
  });
});

describe('namespaces', () => {
  test('get their label and finalizer, and are terminating until somebody finalizes them', async () => {
    const { ok, refusal } = wire();
    expect(await ok('POST', '/api/v1/namespaces', { metadata: { name: 't' } })).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 't' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
    expect((await ok('GET', '/api/v1/namespaces/t/serviceaccounts/default'))['metadata'].name).toBe('default');
    const going = await ok('DELETE', '/api/v1/namespaces/t');
    expect(going).toMatchObject({ status: { phase: 'Terminating' }, metadata: { deletionTimestamp: expect.any(String) } });
    await ok('PUT', '/api/v1/namespaces/t/finalize', { ...going, spec: { finalizers: [] } });
    expect(await refusal('GET', '/api/v1/namespaces/t')).toBe('404 namespaces "t" not found');
  });

  test.each(['default', 'kube-system', 'kube-public'])('%s cannot be deleted', async (name) => {
    expect(await wire().refusal('DELETE', `/api/v1/namespaces/${name}`)).toBe(
      `403 namespaces "${name}" is forbidden: this namespace may not be deleted`,
    );
  });
});

describe('owners', () => {
  const owned = (...ownerReferences: Json[]): Json => configMap('a', {}, { ownerReferences });
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u' };

  test('one of them may be the controller, and each says what it is', async () => {
    const { refusal, ok } = wire();
    expect(await refusal('POST', MAPS, owned({ ...owner, controller: true }, { ...owner, name: 'q', uid: 'v', controller: true }))).toMatch(
      /^422 .*Only one reference can have Controller set to true\. Found "true" in references for ConfigMap\/o and ConfigMap\/q$/,
    );
    for (const field of ['apiVersion', 'kind', 'name', 'uid'])
      expect(await refusal('POST', MAPS, owned({ ...owner, [field]: '' }))).toMatch(
        /^422 .*metadata\.ownerReferences.* must not be empty$/,
      );
    expect((await ok('POST', MAPS, owned(owner)))['metadata'].ownerReferences).toEqual([owner]);
  });
});
