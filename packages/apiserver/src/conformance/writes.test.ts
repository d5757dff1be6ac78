// Section 1.8, 1.11 and 1.12: what creating, updating and patching do to an object, and how a field that is unknown is spoken of.
import { describe, expect, test } from 'vitest';
import { configMap, JSON_PATCH, type Json, MERGE, NAMESPACED, pod, statefulSet, STRATEGIC, wire } from './wire.fixture.ts';

const MAPS = `${NAMESPACED}/configmaps`;
const PODS = `${NAMESPACED}/pods`;
const SETS = '/apis/apps/v1/namespaces/default/statefulsets';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';

describe('creating', () => {
  test('gives uid, creationTimestamp, resourceVersion and generation, and takes what clients may not set', async () => {
    const { ok } = wire();
    const sent = statefulSet('s');
    const made = await ok('POST', SETS, {
      ...sent,
      metadata: {
        name: 's',
        uid: 'mine',
        creationTimestamp: null,
        deletionTimestamp: '2020-01-01T00:00:00Z',
        selfLink: '/x',
        generation: 7,
      },
    });
    expect(made['metadata']).toMatchObject({
      uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      creationTimestamp: '2026-01-01T00:00:00Z',
      resourceVersion: expect.stringMatching(/^\d+$/),
      generation: 1,
    });
    expect(made['metadata']).not.toHaveProperty('deletionTimestamp');
    expect(made['metadata']).not.toHaveProperty('selfLink');
  });

  test('refuses a resourceVersion, and the namespace of another URL', async () => {
    const { refusal, ok } = wire();
    expect(await refusal('POST', MAPS, configMap('a', {}, { resourceVersion: '1' }))).toBe(
      '400 resourceVersion should not be set on objects to be created',
    );
    expect(await refusal('POST', MAPS, configMap('a', {}, { namespace: 'kube-system' }))).toBe(
      '400 the namespace of the provided object does not match the namespace sent on the request',
    );
    expect((await ok('POST', MAPS, configMap('a')))['metadata'].namespace).toBe('default');
  });

  test('generates names of five letters, the base cut at 58', async () => {
    const { ok } = wire();
    const named = async (generateName: string): Promise<string> =>
      (await ok('POST', MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName } }))['metadata'].name as string;
    expect(await named('a-')).toMatch(/^a-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(await named('x'.repeat(63))).toMatch(/^x{58}[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  test('tries eight generated names, then says so', async () => {
    // Every random number is the same: so is every name.
    const { ok, ask } = wire({ random: { next: () => 0.5, int: () => 3, bytes: (count) => new Uint8Array(count) } });
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'a-' } };
    await ok('POST', MAPS, body);
    const { object } = await ask('POST', MAPS, body);
    expect(object).toMatchObject({ code: 409, reason: 'AlreadyExists' });
    expect(object['message']).toContain('the server was not able to generate a unique name');
  });

  test('for trial shows uid and time, no resourceVersion, and stores nothing', async () => {
    const { ok, refusal } = wire();
    const made = await ok('POST', `${MAPS}?dryRun=All`, configMap('a'));
    expect(made['metadata']).toMatchObject({ uid: expect.any(String), creationTimestamp: expect.any(String) });
    expect(made['metadata']).not.toHaveProperty('resourceVersion');
    expect(await refusal('GET', `${MAPS}/a`)).toBe('404 configmaps "a" not found');
    expect(await refusal('POST', `${MAPS}?dryRun=Some`, configMap('a'))).toMatch(
      /^422 .*dryRun: Unsupported value: \[\]string\{"Some"\}: supported values: "All"/,
    );
  });

  test('in a namespace that is not there, or going away', async () => {
    const { ok, ask, refusal } = wire();
    expect(await refusal('POST', '/api/v1/namespaces/nope/configmaps', configMap('a'))).toBe('404 namespaces "nope" not found');
    await ok('POST', '/api/v1/namespaces', { metadata: { name: 't1' } });
    const gone = await ok('DELETE', '/api/v1/namespaces/t1');
    expect(gone).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
    const { object } = await ask('POST', '/api/v1/namespaces/t1/configmaps', configMap('a'));
    expect(object).toMatchObject({
      code: 403,
      message: 'configmaps "a" is forbidden: unable to create new content in namespace t1 because it is being terminated',
      details: { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }] },
    });
  });
});

describe('updating', () => {
  test('without a resourceVersion overwrites what most kinds have, and is refused for leases, budgets and definitions', async () => {
    const { ok, refusal } = wire();
    await ok('POST', MAPS, configMap('a'));
    expect((await ok('PUT', `${MAPS}/a`, configMap('a', { x: '1' })))['data']).toEqual({ x: '1' });
    const lease = { metadata: { name: 'l' }, spec: { holderIdentity: 'a', leaseDurationSeconds: 15 } };
    await ok('POST', LEASES, lease);
    expect(await refusal('PUT', `${LEASES}/l`, lease)).toBe(
      '422 Lease.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
    );
    const budget = { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } } };
    await ok('POST', BUDGETS, budget);
    expect(await refusal('PUT', `${BUDGETS}/b`, budget)).toMatch(/^422 .*must be specified for an update$/);
  });

  test('with a stale resourceVersion, or another uid, is a conflict', async () => {
    const { ok, ask } = wire();
    const first = await ok('POST', MAPS, configMap('a'));
    await ok('PUT', `${MAPS}/a`, configMap('a', { x: '1' }));
    const stale = await ask('PUT', `${MAPS}/a`, { ...first, data: { x: '2' } });
    expect([stale.object['reason'], stale.text]).toEqual([
      'Conflict',
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    ]);
    const other = await ask('PUT', `${MAPS}/a`, configMap('a', {}, { uid: 'other' }));
    expect([other.status, other.text]).toEqual([
      409,
      `Operation cannot be fulfilled on configmaps "a": Precondition failed: UID in precondition: other, UID in object meta: ${first['metadata'].uid}`,
    ]);
  });

  test('of what is not there is a 404, but for kinds that are created so', async () => {
    const { ask } = wire();
    expect((await ask('PUT', `${MAPS}/a`, configMap('a'))).status).toBe(404);
    expect(
      (await ask('PUT', `${LEASES}/l`, { metadata: { name: 'l' }, spec: { holderIdentity: 'x', leaseDurationSeconds: 15 } })).status,
    ).toBe(201);
    expect((await ask('PUT', `${NAMESPACED}/endpoints/e`, { metadata: { name: 'e' }, subsets: [] })).status).toBe(201);
    expect((await ask('PUT', `${NAMESPACED}/limitranges/r`, { metadata: { name: 'r' }, spec: { limits: [] } })).status).toBe(201);
    const event = {
      metadata: { name: 'ev' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
      reason: 'R',
      type: 'Normal',
    };
    expect((await ask('PUT', `${NAMESPACED}/events/ev`, event)).status).toBe(201);
  });

  test('keeps system metadata, and refuses what is immutable', async () => {
    const { ok, refusal } = wire();
    const made = await ok('POST', MAPS, configMap('a'));
    const kept = await ok('PUT', `${MAPS}/a`, configMap('a', { x: '1' }, { generation: 5, creationTimestamp: null }));
    expect(kept['metadata']).toMatchObject({ uid: made['metadata'].uid, creationTimestamp: made['metadata'].creationTimestamp });
    expect(await refusal('PUT', `${MAPS}/a`, configMap('b'))).toBe('400 the name of the object (b) does not match the name on the URL (a)');
    expect(await refusal('PATCH', `${MAPS}/a`, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }, MERGE)).toMatch(
      /^422 .*metadata\.deletionTimestamp: Invalid value: .*: field is immutable$/,
    );
    await ok('PATCH', `${MAPS}/a`, { metadata: { finalizers: ['x.io/a'] } }, MERGE);
    await ok('DELETE', `${MAPS}/a`);
    expect(await refusal('PATCH', `${MAPS}/a`, { metadata: { finalizers: ['x.io/a', 'x.io/b'] } }, MERGE)).toBe(
      '422 ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.io/b"}',
    );
  });

  test('that takes the last finalizer of what is being deleted removes it, and shows it once more', async () => {
    const { ok, refusal } = wire();
    await ok('POST', MAPS, configMap('a', {}, { finalizers: ['x.io/a'] }));
    await ok('DELETE', `${MAPS}/a`);
    const last = await ok('PATCH', `${MAPS}/a`, { metadata: { finalizers: null } }, MERGE);
    expect(last).toMatchObject({ kind: 'ConfigMap', metadata: { name: 'a', deletionTimestamp: expect.any(String) } });
    expect(await refusal('GET', `${MAPS}/a`)).toMatch(/^404/);
  });

  test('that changes nothing has no new resourceVersion, in any way of writing', async () => {
    const { ok } = wire();
    const made = await ok('POST', MAPS, configMap('a', { x: '1' }));
    const version = made['metadata'].resourceVersion as string;
    const same = { data: { x: '1' } };
    for (const again of [
      await ok('PUT', `${MAPS}/a`, made),
      await ok('PATCH', `${MAPS}/a`, same, MERGE),
      await ok('PATCH', `${MAPS}/a`, same, STRATEGIC),
      await ok('PATCH', `${MAPS}/a`, [{ op: 'replace', path: '/data/x', value: '1' }], JSON_PATCH),
    ])
      expect(again['metadata'].resourceVersion).toBe(version);
  });
});

describe('patching', () => {
  test('a resourceVersion in a patch is a precondition', async () => {
    const { ok, refusal } = wire();
    const made = await ok('POST', MAPS, configMap('a'));
    const version = made['metadata'].resourceVersion as string;
    await ok('PATCH', `${MAPS}/a`, { metadata: { resourceVersion: version }, data: { x: '1' } }, MERGE);
    expect(await refusal('PATCH', `${MAPS}/a`, { metadata: { resourceVersion: version }, data: { x: '2' } }, MERGE)).toMatch(
      /^409 .*the object has been modified/,
    );
  });

  test('a JSON patch that does not apply is a 422 without details of why', async () => {
    const { ok, ask } = wire();
    await ok('POST', MAPS, configMap('a'));
    const { object } = await ask('PATCH', `${MAPS}/a`, [{ op: 'remove', path: '/data/nope' }], JSON_PATCH);
    expect(object).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
    });
    const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/kind', value: 'ConfigMap' }));
    expect((await ask('PATCH', `${MAPS}/a`, many, JSON_PATCH)).status).toBe(413);
  });

  test('a patch whose element lacks the merge key is a 400', async () => {
    const { ok, refusal } = wire();
    await ok('POST', SETS, statefulSet('s'));
    const patch = { spec: { template: { spec: { containers: [{ image: 'x' }] } } } };
    expect(await refusal('PATCH', `${SETS}/s`, patch, STRATEGIC)).toMatch(/^400 map: .*does not contain declared merge key: name$/);
  });

  test('patches from many clients without a resourceVersion all land', async () => {
    const { ok } = wire();
    await ok('POST', MAPS, configMap('a'));
    await Promise.all(Array.from({ length: 16 }, (_, i) => ok('PATCH', `${MAPS}/a`, { data: { [`k${i}`]: '1' } }, MERGE)));
    expect(Object.keys((await ok('GET', `${MAPS}/a`))['data'])).toHaveLength(16);
  });
});

describe('fieldValidation', () => {
  const bogus = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","name":"a"},"bogus":1,"Data":{}}';

  test('Strict refuses unknown and duplicate fields, all in one', async () => {
    expect(await wire().refusal('POST', `${MAPS}?fieldValidation=Strict`, bogus)).toBe(
      '400 ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "metadata.name", unknown field "bogus", unknown field "Data"',
    );
  });

  test('Warn, the default, says so in Warning headers; Ignore says nothing; both drop what is unknown', async () => {
    for (const [query, warning] of [
      ['', '299 - "duplicate field \\"metadata.name\\"", 299 - "unknown field \\"Data\\"", 299 - "unknown field \\"bogus\\""'],
      ['?fieldValidation=Ignore', undefined],
    ] as const) {
      const { status, object, headers } = await wire().ask('POST', `${MAPS}${query}`, bogus);
      expect([status, headers['warning']?.split(', ').toSorted()]).toEqual([201, warning?.split(', ').toSorted()]);
      expect(object).not.toHaveProperty('bogus');
    }
    expect(await wire().refusal('POST', `${MAPS}?fieldValidation=Maybe`, configMap('a'))).toMatch(
      /^422 .*fieldValidation: Unsupported value: "Maybe"/,
    );
  });

  test('holds for updates and patches too', async () => {
    const { ok, refusal } = wire();
    await ok('POST', MAPS, configMap('a'));
    expect(await refusal('PUT', `${MAPS}/a?fieldValidation=Strict`, { ...configMap('a'), bogus: 1 })).toMatch(
      /^400 .*unknown field "bogus"/,
    );
    for (const how of [MERGE, STRATEGIC])
      expect(await refusal('PATCH', `${MAPS}/a?fieldValidation=Strict`, { bogus: 1 }, how)).toMatch(/^4\d\d .*unknown field "bogus"/);
  });
});

describe('generation', () => {
  const after = async (change: Json, how = MERGE): Promise<number> => {
    const { ok } = wire();
    await ok('POST', SETS, statefulSet('s'));
    return (await ok('PATCH', `${SETS}/s`, change, how))['metadata'].generation as number;
  };

  test('counts changes of the specification, not of metadata or status', async () => {
    expect(await after({ spec: { replicas: 5 } })).toBe(2);
    expect(await after({ metadata: { labels: { a: 'b' } } })).toBe(1);
    expect(await after({ status: { replicas: 3 } })).toBe(1);
  });

  test('counts the beginning of a deletion', async () => {
    const { ok } = wire();
    await ok('POST', SETS, statefulSet('s'));
    const deleted = await ok('DELETE', `${SETS}/s`, { propagationPolicy: 'Foreground' });
    expect(deleted['metadata']).toMatchObject({ generation: 2, finalizers: ['foregroundDeletion'] });
  });

  test('is not there on pods, volumes, claims, services and nodes', async () => {
    const { ok } = wire();
    const claim = { metadata: { name: 'x' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
    const volume = {
      metadata: { name: 'x' },
      spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, csi: { driver: 'd', volumeHandle: 'h' } },
    };
    for (const [path, object] of [
      [PODS, pod('x')],
      [`${NAMESPACED}/persistentvolumeclaims`, claim],
      ['/api/v1/persistentvolumes', volume],
      [`${NAMESPACED}/services`, { metadata: { name: 'x' }, spec: { ports: [{ port: 80 }] } }],
      ['/api/v1/nodes', { metadata: { name: 'x' } }],
    ] as const)
      expect((await ok('POST', path, object))['metadata']).not.toHaveProperty('generation');
  });
});

describe('status', () => {
  test('is written through /status alone, and nothing else is', async () => {
    const { ok } = wire();
    await ok('POST', SETS, { ...statefulSet('s'), status: { replicas: 9 } });
    const through = await ok(
      'PATCH',
      `${SETS}/s/status`,
      { status: { replicas: 3 }, spec: { replicas: 7 }, metadata: { labels: { a: 'b' } } },
      MERGE,
    );
    expect(through).toMatchObject({ status: { replicas: 3 }, spec: { replicas: 1 }, metadata: { labels: { a: 'b' }, generation: 1 } });
    const main = await ok('PATCH', `${SETS}/s`, { status: { replicas: 8 }, spec: { replicas: 2 } }, MERGE);
    expect(main).toMatchObject({ status: { replicas: 3 }, spec: { replicas: 2 } });
    expect((await ok('GET', `${SETS}/s/status`))['status'].replicas).toBe(3);
  });

  test('of a new pod, volume and claim is what the server says', async () => {
    const { ok } = wire();
    const made = await ok('POST', PODS, { ...pod('p'), status: { phase: 'Running', podIP: '1.2.3.4' } });
    expect(made['status']).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
    const volume = await ok('POST', '/api/v1/persistentvolumes', {
      metadata: { name: 'x' },
      spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, csi: { driver: 'd', volumeHandle: 'h' } },
    });
    expect(volume['status']).toEqual({ phase: 'Pending', lastPhaseTransitionTime: '2026-01-01T00:00:00Z' });
    const claim = await ok('POST', `${NAMESPACED}/persistentvolumeclaims`, {
      metadata: { name: 'x' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      status: { phase: 'Bound' },
    });
    expect(claim['status']).toEqual({ phase: 'Pending' });
  });

  test('of a volume notes when its phase changed', async () => {
    const { ok, clock } = wire();
    await ok('POST', '/api/v1/persistentvolumes', {
      metadata: { name: 'x' },
      spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, csi: { driver: 'd', volumeHandle: 'h' } },
    });
    await clock.advance(60_000);
    const path = '/api/v1/persistentvolumes/x/status';
    expect((await ok('PATCH', path, { status: { message: 'm' } }, MERGE))['status'].lastPhaseTransitionTime).toBe('2026-01-01T00:00:00Z');
    expect((await ok('PATCH', path, { status: { phase: 'Available' } }, MERGE))['status'].lastPhaseTransitionTime).toBe(
      '2026-01-01T00:01:00Z',
    );
  });

  test('of a pod leaves owners and the deletion as they are', async () => {
    const { ok } = wire();
    await ok('POST', PODS, pod('p', { nodeName: 'n' }, { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' }] }));
    await ok('DELETE', `${PODS}/p`);
    const patch = { metadata: { ownerReferences: null, labels: { a: 'b' } }, status: { phase: 'Running' } };
    const next = await ok('PATCH', `${PODS}/p/status`, patch, MERGE);
    expect(next).toMatchObject({
      status: { phase: 'Running' },
      metadata: { ownerReferences: [{ uid: 'u' }], deletionGracePeriodSeconds: 30 },
    });
  });
});

describe('scale', () => {
  test('is a Scale with the metadata of its object, and changes its replicas', async () => {
    const { ok, ask } = wire();
    const set = await ok('POST', SETS, statefulSet('s', { replicas: 2 }));
    const { uid, resourceVersion, creationTimestamp } = set['metadata'] as Json;
    const scale = await ok('GET', `${SETS}/s/scale`);
    expect(scale).toEqual({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name: 's', namespace: 'default', uid, resourceVersion, creationTimestamp },
      spec: { replicas: 2 },
      status: { replicas: 0, selector: 'app=s' },
    });
    expect((await ok('PUT', `${SETS}/s/scale`, { ...scale, spec: { replicas: 3 } }))['spec']).toEqual({ replicas: 3 });
    expect((await ask('PUT', `${SETS}/s/scale`, { ...scale, spec: { replicas: 4 } })).status).toBe(409);
    expect((await ok('PATCH', `${SETS}/s/scale`, { spec: { replicas: 5 } }, MERGE))['spec']).toEqual({ replicas: 5 });
    const patch = [{ op: 'replace', path: '/spec/replicas', value: 6 }];
    expect((await ok('PATCH', `${SETS}/s/scale`, patch, JSON_PATCH))['spec']).toEqual({ replicas: 6 });
    expect(await ok('GET', `${SETS}/s`)).toMatchObject({ spec: { replicas: 6 }, metadata: { generation: 4 } });
  });
});
