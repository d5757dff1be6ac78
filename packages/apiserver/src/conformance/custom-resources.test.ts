// Section 1.18: definitions and their instances, as far as a client sees them.
import { describe, expect, test } from 'vitest';
import { APPLY, fooDefinition, type Json, MERGE, type Wire, wire } from './wire.fixture.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const FOOS = '/apis/ex.io/v1/namespaces/default/foos';

const crd = (spec: Json, version: Json = {}): Json =>
  fooDefinition(
    { type: 'object', properties: { spec, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } },
    version,
    { shortNames: ['fo'], categories: ['all'] },
  );
const foo = (spec?: Json, metadata: Json = {}): Json => ({
  apiVersion: 'ex.io/v1',
  kind: 'Foo',
  metadata: { name: 'f', ...metadata },
  ...(spec ? { spec } : {}),
});
const object = (properties: Json, more: Json = {}): Json => ({ type: 'object', properties, ...more });

async function defined(spec: Json, version: Json = {}): Promise<Wire> {
  const server = wire();
  await server.ok('POST', CRDS, crd(spec, version));
  return server;
}

describe('a definition', () => {
  test('is established at once, with its defaults and names', async () => {
    const { ok } = await defined(object({}));
    const made = await ok('GET', `${CRDS}/foos.ex.io`);
    expect(made).toMatchObject({
      spec: { conversion: { strategy: 'None' }, names: { singular: 'foo', listKind: 'FooList' } },
      status: {
        conditions: [
          { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
          { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' },
        ],
        acceptedNames: { plural: 'foos', kind: 'Foo' },
        storedVersions: ['v1'],
      },
    });
    expect((await ok('GET', FOOS))['items']).toEqual([]);
  });

  test('shows in both forms of discovery, with upstream’s order of verbs, its short names and subresources', async () => {
    const { ok } = await defined(object({ replicas: { type: 'integer' } }), {
      subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
    });
    const { resources } = await ok('GET', '/apis/ex.io/v1');
    expect(resources[0]).toMatchObject({
      name: 'foos',
      singularName: 'foo',
      kind: 'Foo',
      shortNames: ['fo'],
      categories: ['all'],
      verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
    });
    expect(resources.slice(1)).toMatchObject([
      { name: 'foos/status', verbs: ['get', 'patch', 'update'] },
      { name: 'foos/scale', group: 'autoscaling', version: 'v1', kind: 'Scale' },
    ]);
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const { items } = await ok('GET', '/apis', undefined, { accept });
    expect(items.map((item: Json) => item['metadata'].name)).toContain('ex.io');
  });

  test('of a version that is deprecated warns', async () => {
    const { ask } = await defined(object({}), { deprecated: true });
    expect((await ask('GET', FOOS)).headers['warning']).toBe('299 - "ex.io/v1 Foo is deprecated"');
    const own = await defined(object({}), { deprecated: true, deprecationWarning: 'use bars' });
    expect((await own.ask('GET', FOOS)).headers['warning']).toBe('299 - "use bars"');
  });

  test('without a structural schema is refused', async () => {
    const { refusal } = wire();
    for (const [spec, message] of [
      [{ properties: { a: { type: 'string' } } }, /spec\]?\.type: Required value: must not be empty for specified object fields/],
      [object({ a: {} }), /\.a\.?\]?\.type: Required value: must not be empty for specified object fields|\[a\]\.type: Required value/],
      [
        { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'string' } },
        /additionalProperties: Forbidden|must not be used together with properties|mutual/,
      ],
    ] as const)
      expect(await refusal('POST', CRDS, crd(spec))).toMatch(message);
  });

  test('whose rules may cost too much is refused', async () => {
    const rules = [{ rule: 'self.all(a, self.all(b, self.all(c, a + b + c >= 0)))' }];
    const schema = object({ list: { type: 'array', items: { type: 'integer' }, 'x-kubernetes-validations': rules } });
    expect(await wire().refusal('POST', CRDS, crd(schema))).toMatch(/^422 .*estimated rule cost exceeds budget by factor of/);
  });
});

describe('a watch', () => {
  const seen = (events: readonly { readonly type: string; readonly object: Json }[]): readonly string[] =>
    events.map(({ type, object: { metadata, spec } }) => `${type} ${metadata.name} ${JSON.stringify(spec)}`);

  test('ends when the definition’s spec changes, after what had happened; its successor shows the new shape', async () => {
    const { ok, watched } = await defined(object({ a: { type: 'string' } }));
    await ok('POST', FOOS, foo({ a: 'x' }, { name: 'one' }));
    const whole = watched(`${FOOS}?watch=1`, Number.POSITIVE_INFINITY);
    // Of what is not in the spec nobody who watches needs to know.
    await ok('PATCH', `${CRDS}/foos.ex.io`, { metadata: { labels: { changed: 'yes' } } }, MERGE);
    await ok('POST', FOOS, foo({ a: 'y' }, { name: 'two' }));
    const [version] = crd(object({ a: { type: 'string' }, b: { type: 'integer', default: 7 } }))['spec'].versions as readonly Json[];
    await ok('PATCH', `${CRDS}/foos.ex.io`, { spec: { versions: [version] } }, MERGE);
    expect(seen(await whole)).toEqual(['ADDED one {"a":"x"}', 'ADDED two {"a":"y"}']);
    expect(seen(await watched(`${FOOS}?watch=1`, 2))).toEqual(['ADDED one {"a":"x","b":7}', 'ADDED two {"a":"y","b":7}']);
  });

  test('tells of each deletion before it ends with its definition', async () => {
    const { ok, watched } = await defined(object({}));
    await ok('POST', FOOS, foo({}, { name: 'one' }));
    await ok('POST', FOOS, foo({}, { name: 'two' }));
    const whole = watched(`${FOOS}?watch=1`, Number.POSITIVE_INFINITY);
    await ok('DELETE', `${CRDS}/foos.ex.io`);
    expect(seen(await whole)).toEqual(['ADDED one {}', 'ADDED two {}', 'DELETED one {}', 'DELETED two {}']);
  });
});

describe('an instance', () => {
  test('needs a resourceVersion to be replaced', async () => {
    const { ok, refusal } = await defined(object({ a: { type: 'string' } }));
    const made = await ok('POST', FOOS, foo({ a: 'x' }));
    expect(await refusal('PUT', `${FOOS}/f`, foo({ a: 'y' }))).toBe(
      '422 Foo.ex.io "f" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
    );
    expect((await ok('PUT', `${FOOS}/f`, { ...made, spec: { a: 'y' } }))['metadata'].generation).toBe(2);
  });

  test('of another kind or version is refused', async () => {
    const { refusal } = await defined(object({}));
    expect(await refusal('POST', FOOS, { ...foo(), kind: 'Bar' })).toMatch(/^400 /);
    expect(await refusal('POST', FOOS, { ...foo(), apiVersion: 'ex.io/v2' })).toMatch(/^400 /);
  });

  test('is defaulted on writing and on reading, null is pruned and defaulted unless it is nullable', async () => {
    const { ok } = await defined(object({ a: { type: 'string', default: 'x' }, n: { type: 'string', nullable: true, default: 'x' } }));
    expect((await ok('POST', FOOS, foo({ a: null, n: null })))['spec']).toEqual({ a: 'x', n: null });
    await ok(
      'PATCH',
      `${CRDS}/foos.ex.io`,
      [
        {
          op: 'add',
          path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/later',
          value: { type: 'integer', default: 7 },
        },
      ],
      { type: 'application/json-patch+json' },
    );
    expect((await ok('GET', `${FOOS}/f`))['spec']).toEqual({ a: 'x', n: null, later: 7 });
    expect((await ok('GET', FOOS))['items'][0].spec.later).toBe(7);
  });

  test('is checked: types, enums, required fields, all in one answer', async () => {
    const { refusal } = await defined(
      object({ n: { type: 'integer' }, e: { type: 'string', enum: ['a', 'b'] }, r: { type: 'string' } }, { required: ['r'] }),
    );
    const message = await refusal('POST', FOOS, foo({ n: 'x', e: 'c' }));
    expect(message).toContain('spec.n: Invalid value: "string": spec.n in body must be of type integer: "string"');
    expect(message).toContain('spec.e: Unsupported value: "c": supported values: "a", "b"');
    expect(message).toContain('spec.r: Required value');
  });

  test('obeys rules with reason, path and message by expression; failed ones have a default message', async () => {
    const { refusal } = await defined(
      object(
        { n: { type: 'integer' }, m: { type: 'integer' } },
        {
          'x-kubernetes-validations': [
            { rule: 'self.n > 0' },
            { rule: 'self.n < 10', reason: 'FieldValueForbidden', fieldPath: '.n', messageExpression: '"not " + string(self.n)' },
          ],
        },
      ),
    );
    expect(await refusal('POST', FOOS, foo({ n: 0 }))).toBe(
      '422 Foo.ex.io "f" is invalid: spec: Invalid value: "object": failed rule: self.n > 0',
    );
    expect(await refusal('POST', FOOS, foo({ n: 11 }))).toBe('422 Foo.ex.io "f" is invalid: spec.n: Forbidden: not 11');
  });

  test('keeps what was wrong before and is not touched', async () => {
    const { ok, refusal } = await defined(object({ n: { type: 'integer' }, m: { type: 'integer' } }));
    await ok('POST', FOOS, foo({ n: 100, m: 1 }));
    await ok(
      'PATCH',
      `${CRDS}/foos.ex.io`,
      [{ op: 'add', path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/n/maximum', value: 10 }],
      { type: 'application/json-patch+json' },
    );
    expect((await ok('PATCH', `${FOOS}/f`, { spec: { m: 2 } }, MERGE))['spec']).toEqual({ n: 100, m: 2 });
    expect(await refusal('PATCH', `${FOOS}/f`, { spec: { n: 99 } }, MERGE)).toMatch(
      /^422 .*spec\.n in body should be less than or equal to 10/,
    );
  });

  test('with a status subresource: main writes leave the status, /status leaves all else, metadata too', async () => {
    const { ok } = await defined(object({ a: { type: 'string' } }), { subresources: { status: {} } });
    await ok('POST', FOOS, { ...foo({ a: 'x' }), status: { s: 'no' } });
    expect(await ok('GET', `${FOOS}/f`)).not.toHaveProperty('status');
    const through = await ok(
      'PATCH',
      `${FOOS}/f/status`,
      { status: { s: 'yes' }, spec: { a: 'y' }, metadata: { labels: { a: 'b' } } },
      MERGE,
    );
    expect(through).toMatchObject({ status: { s: 'yes' }, spec: { a: 'x' }, metadata: { generation: 1 } });
    expect(through['metadata']).not.toHaveProperty('labels');
    const main = await ok('PATCH', `${FOOS}/f`, { status: { s: 'no' }, spec: { a: 'y' } }, MERGE);
    expect(main).toMatchObject({ status: { s: 'yes' }, spec: { a: 'y' }, metadata: { generation: 2 } });
  });

  test('without one: any change but of metadata counts', async () => {
    const { ok } = await defined(object({ a: { type: 'string' } }));
    await ok('POST', FOOS, { ...foo({ a: 'x' }), status: { s: 1 } });
    expect((await ok('PATCH', `${FOOS}/f`, { status: { s: 2 } }, MERGE))['metadata'].generation).toBe(2);
    expect((await ok('PATCH', `${FOOS}/f`, { metadata: { labels: { a: 'b' } } }, MERGE))['metadata'].generation).toBe(2);
  });

  test('applied: unspecified lists are atomic, free parts have granular maps', async () => {
    const { ok } = await defined(
      object({
        list: { type: 'array', items: { type: 'string' } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      }),
    );
    const apply = (manager: string, spec: Json): Promise<Json> =>
      ok('PATCH', `${FOOS}/f?fieldManager=${manager}&force=True`, foo(spec), APPLY);
    await apply('one', { list: ['a'], free: { x: 1 } });
    expect((await apply('two', { list: ['b'], free: { y: 2 } }))['spec']).toEqual({ list: ['b'], free: { x: 1, y: 2 } });
  });

  test('embedded objects have their kind, version and metadata checked', async () => {
    const { ok, refusal } = await defined(
      object({ e: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true } }),
    );
    expect(await refusal('POST', FOOS, foo({ e: { metadata: { name: 'x' } } }))).toMatch(
      /^422 .*spec\.e\.(apiVersion|kind): Required value/,
    );
    await ok('POST', FOOS, foo({ e: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: { any: 1 } } }));
  });

  test('is watched and listed in any version that is served', async () => {
    const server = wire();
    const definition = crd(object({ a: { type: 'string' } }));
    const [v1] = definition['spec'].versions;
    definition['spec'].versions = [v1, { ...v1, name: 'v2', storage: false }];
    await server.ok('POST', CRDS, definition);
    await server.ok('POST', FOOS, foo({ a: 'x' }));
    const other = FOOS.replace('/v1/', '/v2/');
    expect((await server.ok('GET', other))['items']).toMatchObject([{ apiVersion: 'ex.io/v2', kind: 'Foo' }]);
    expect(await server.watched(`${other}?watch=1`, 1)).toMatchObject([{ type: 'ADDED', object: { apiVersion: 'ex.io/v2' } }]);
  });
});
