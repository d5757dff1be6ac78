// Whatever a client sends, the answer is a Status in the 400s, or what was meant, and the server goes on. CI looks at a few
// hundred inputs; HOLDFAST_FUZZ_RUNS=100000 npx vitest run packages/apiserver/src/bad-input.test.ts looks for longer.
import { FakeClock, type Random, seededRandom } from '@holdfast/clock';
import { type ApiResponse, findTypeDef, servedGroups, type StatusObject, type TypeNode, typeNameOf } from '@holdfast/schema';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { createTestServer } from './testing/index.ts';

const RUNS = Number(process.env['HOLDFAST_FUZZ_RUNS'] ?? 200);
const HOURS = 3_600_000;
const MAPS = '/api/v1/namespaces/default/configmaps';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const JSON_TYPE = 'application/json';
const PATCHES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

let server: ApiServer;
const bugs: unknown[] = [];

beforeAll(async () => {
  server = createTestServer({
    clock: new FakeClock(),
    serviceCidr: '127.64.0.0/16',
    onBug: (error) => bugs.push(error instanceof Error ? error.stack : error),
  });
  await send('POST', MAPS, JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'victim' }, data: { a: '1' } }));
});

interface Answered {
  readonly code: number;
  readonly object: unknown;
  readonly message: string;
}

async function send(method: string, path: string, body?: string | Uint8Array, contentType = JSON_TYPE): Promise<Answered> {
  bugs.splice(0);
  const url = new URL(path, 'https://server');
  const response: ApiResponse = await server.handle({
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: { accept: JSON_TYPE, 'content-type': contentType },
    user: { username: 'anna', groups: ['system:masters'] },
    signal: new AbortController().signal,
    ...(body === undefined ? {} : { body: { kind: 'bytes' as const, bytes: Buffer.from(body) } }),
  });
  if (response.kind === 'exec' || response.kind === 'port-forward' || response.kind === 'tunnel')
    return { code: 101, object: undefined, message: '' };
  const object = response.kind === 'object' ? response.object : undefined;
  return { code: response.status, object, message: (object as StatusObject | undefined)?.message ?? '' };
}

/** Refused as the client's mistake, and nothing in the server broke. */
async function refused(answer: Promise<Answered>): Promise<string> {
  const { code, message } = await answer;
  expect(bugs).toEqual([]);
  expect([code, message]).toEqual([expect.toSatisfy((given: number) => given >= 400 && given < 500), expect.any(String)]);
  return message;
}

const deep = (open: string, close: string, depth: number): string => `${open.repeat(depth)}1${close.repeat(depth)}`;
const laughs = Array.from(
  { length: 12 },
  (_, index) =>
    `a${index}: &a${index} [${
      index === 0
        ? 'x'
        : Array(10)
            .fill(`*a${index - 1}`)
            .join(',')
    }]`,
).join('\n');

const ODD_TEXTS = [
  '',
  'a',
  'A b',
  '*',
  '../x',
  '10Gi',
  '-1',
  '1.5',
  'a.b/c',
  'Always',
  '2024-01-01T00:00:00Z',
  '%',
  '100%',
  '127.0.0.1',
  '::1',
  'x'.repeat(300),
];
const ODD_NUMBERS = [0, -1, 1, 65_536, 2_147_483_647, -2_147_483_648, 3];
const MAX_DEPTH = 9;

/** A value of the type, of which one in fourteen parts is null or of another type. */
function strange(typeName: string, random: Random, depth: number): unknown {
  const type = findTypeDef(typeName);
  const fields = Object.entries(type?.fields ?? {});
  if (fields.length === 0) return random.int(2) === 0 ? pick(ODD_TEXTS, random) : {};
  const chance = depth < 3 ? 2 : 4;
  return Object.fromEntries(
    fields.flatMap(([name, field]) => (random.int(chance) === 0 ? [] : [[name, strangeValue(field, random, depth + 1)]])),
  );
}

function strangeValue(node: TypeNode, random: Random, depth: number): unknown {
  if (random.int(14) === 0) return pick([null, '', 0, [], {}, false], random);
  if (depth > MAX_DEPTH) return null;
  if (node.list) return Array.from({ length: random.int(3) }, () => strangeValue(node.list ?? {}, random, depth));
  if (node.map)
    return Object.fromEntries(
      Array.from({ length: random.int(3) }, () => [pick(ODD_TEXTS, random), strangeValue(node.map ?? {}, random, depth)]),
    );
  if (node.ref) return strange(node.ref, random, depth);
  if (node.enum && random.int(3) > 0) return pick(node.enum, random);
  if (node.t === 'string') return pick(ODD_TEXTS, random);
  if (node.t === 'boolean') return random.int(2) === 0;
  return node.t === 'any' || node.t === 'object' ? pick([{}, [], 'x', { a: { b: null } }], random) : pick(ODD_NUMBERS, random);
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[random.int(values.length)] as T;
}

describe('bodies', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['half an object', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"', JSON_TYPE],
    ['text', 'hello', JSON_TYPE],
    ['nothing', '', JSON_TYPE],
    ['a list', '[]', JSON_TYPE],
    ['null', 'null', JSON_TYPE],
    ['deep lists', deep('[', ']', 500_000), JSON_TYPE],
    ['deep objects', deep('{"a":', '}', 400_000), JSON_TYPE],
    ['bytes that are no UTF-8', Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d), JSON_TYPE],
    ['a number without end', `{"apiVersion":"v1","kind":"ConfigMap","data":{"a":${'9'.repeat(500_000)}}}`, JSON_TYPE],
    ['a YAML bomb', laughs, 'application/yaml'],
    ['deep YAML', deep('[', ']', 100_000), 'application/yaml'],
    ['YAML that speaks of itself', 'a: &a [*a]', 'application/yaml'],
    ['several YAML documents', 'a: 1\n---\nb: 2\n', 'application/yaml'],
    ['protobuf without its mark', 'garbage', 'application/vnd.kubernetes.protobuf'],
    ['protobuf of nothing', Uint8Array.of(0x6b, 0x38, 0x73, 0x00), 'application/vnd.kubernetes.protobuf'],
    [
      'protobuf whose lengths lie',
      Uint8Array.of(0x6b, 0x38, 0x73, 0x00, 0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f),
      'application/vnd.kubernetes.protobuf',
    ],
    ['an unknown type', '<xml/>', 'application/xml'],
  ])('%s', async (_what, body, contentType) => {
    expect(await refused(send('POST', MAPS, body, contentType))).not.toBe('');
  });

  test('protobuf that somebody bent', { timeout: HOURS }, async () => {
    const text = (field: number, value: Uint8Array): Uint8Array => Buffer.concat([Uint8Array.of((field << 3) | 2, value.length), value]);
    const name = text(1, text(1, Buffer.from('bent')));
    const data = text(2, Buffer.concat([text(1, Buffer.from('k')), text(2, Buffer.from('v'))]));
    const type = text(1, Buffer.concat([text(1, Buffer.from('v1')), text(2, Buffer.from('ConfigMap'))]));
    const whole = Buffer.concat([Buffer.from('k8s\0'), type, text(2, Buffer.concat([name, data]))]);
    const protobuf = 'application/vnd.kubernetes.protobuf';
    expect((await send('POST', `${MAPS}?dryRun=All`, whole, protobuf)).code).toBe(201);
    const edit = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255), cut: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), async (edits) => {
        let bytes = Buffer.from(whole);
        for (const { at, byte, cut } of edits) {
          if (cut) bytes = bytes.subarray(0, at);
          else if (at < bytes.length) bytes[at] = byte;
        }
        expect((await send('POST', `${MAPS}?dryRun=All`, bytes, protobuf)).code).toBeLessThan(500);
        expect(bugs).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('patches', () => {
  const pointer = `/${'a/'.repeat(100_000)}`;
  const copies = [
    { op: 'add', path: '/data/x', value: 'x'.repeat(1000) },
    ...Array.from({ length: 9000 }, (_, i) => ({ op: 'copy', from: '/data', path: `/data/c${i}` })),
  ];
  test.each<[string, string, string]>([
    ['operations without end', PATCHES.json, JSON.stringify(Array(20_000).fill({ op: 'test', path: '', value: 1 }))],
    ['copies of copies', PATCHES.json, JSON.stringify(copies)],
    ['a pointer of a hundred thousand parts', PATCHES.json, JSON.stringify([{ op: 'remove', path: pointer }])],
    ['a pointer into a prototype', PATCHES.json, JSON.stringify([{ op: 'replace', path: '/constructor/prototype/polluted', value: 1 }])],
    ['no operations', PATCHES.json, '{}'],
    ['a deep merge', PATCHES.merge, `{"data":${deep('{"a":', '}', 200_000)}}`],
    ['a merge into text', PATCHES.merge, '"text"'],
    ['a deep strategic merge', PATCHES.strategic, `{"metadata":${deep('{"a":', '}', 200_000)}}`],
    ['directives of the wrong type', PATCHES.strategic, '{"metadata":{"$patch":7,"finalizers":{"$patch":"explode"}}}'],
    [
      'an order that is none',
      PATCHES.strategic,
      '{"metadata":{"$setElementOrder/ownerReferences":"x","$deleteFromPrimitiveList/finalizers":{}}}',
    ],
    [
      'a deep configuration',
      PATCHES.apply,
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"victim"},"data":${deep('{"a":', '}', 100_000)}}`,
    ],
    ['a YAML bomb', PATCHES.apply, laughs],
  ])('%s', async (_what, contentType, body) => {
    expect(await refused(send('PATCH', `${MAPS}/victim?fieldManager=me`, body, contentType))).not.toBe('');
  });

  test('anything at all, as any patch', { timeout: HOURS }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.values(PATCHES)), fc.jsonValue({ maxDepth: 4 }), async (contentType, value) => {
        expect((await send('PATCH', `${MAPS}/victim?fieldManager=me&dryRun=All`, JSON.stringify(value), contentType)).code).toBeLessThan(
          501,
        );
        expect(bugs).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('queries and paths', () => {
  test.each([
    `${MAPS}?labelSelector=${'('.repeat(50_000)}`,
    `${MAPS}?labelSelector=a in (${'x,'.repeat(20_000)}`,
    `${MAPS}?labelSelector=a!!b`,
    `${MAPS}?fieldSelector=${'metadata.name%3Dx,'.repeat(10_000)}nope%3D1`,
    `${MAPS}?fieldSelector=__proto__%3Dx`,
    `${MAPS}?limit=many`,
    `${MAPS}?continue=${'A'.repeat(10_000)}`,
    `${MAPS}?resourceVersion=-7`,
    `${MAPS}?watch=1&resourceVersion=latest`,
    `${MAPS}?resourceVersionMatch=Whatever&resourceVersion=1`,
    `/api/v1/namespaces/${'n'.repeat(100_000)}/configmaps/x`,
    '/api/v1/namespaces/default/configmaps/%00',
    '/api/v1/namespaces/default/pods/x/__proto__',
    '/apis/constructor/v1/toString',
  ])('%#', async (path) => {
    const { code } = await send('GET', path);
    expect(bugs).toEqual([]);
    expect(code).toSatisfy((given: number) => given >= 400 && given < 500);
  });

  test('any query', { timeout: HOURS }, async () => {
    const names = fc.constantFrom(
      'labelSelector',
      'fieldSelector',
      'limit',
      'continue',
      'resourceVersion',
      'resourceVersionMatch',
      'pretty',
      'timeoutSeconds',
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, fc.string({ unit: 'binary', maxLength: 40 }), { maxKeys: 3 }), async (query) => {
        const { resourceVersion, ...others } = query;
        // A revision of the future is waited for.
        const asked = resourceVersion === undefined || /^\d+$/.test(resourceVersion) ? others : query;
        expect((await send('GET', `${MAPS}?${new URLSearchParams(asked).toString()}`)).code).toBeLessThan(500);
        expect(bugs).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('objects', () => {
  const creatable = servedGroups().flatMap(({ group, versions }) =>
    versions.flatMap(({ version, resources }) =>
      resources
        .filter(({ verbs }) => verbs.includes('create'))
        .map(({ name, kind, namespaced }) => ({
          typeName: typeNameOf({ group, version, kind }),
          apiVersion: group === '' ? version : `${group}/${version}`,
          kind,
          path: `${group === '' ? `/api/${version}` : `/apis/${group}/${version}`}${namespaced ? '/namespaces/default' : ''}/${name}?dryRun=All`,
        })),
    ),
  );
  const odd = fc.jsonValue({ maxDepth: 3 });

  test('of every kind, with anything in them', { timeout: HOURS }, async () => {
    expect(creatable.length).toBeGreaterThan(50);
    const members = fc.constantFrom(
      'spec',
      'data',
      'rules',
      'subjects',
      'roleRef',
      'webhooks',
      'status',
      'metadata',
      'subsets',
      'endpoints',
      'template',
      'value',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...creatable),
        fc.dictionary(members, odd, { maxKeys: 3 }),
        async ({ apiVersion, kind, path }, fields) => {
          const { code, message } = await send('POST', path, JSON.stringify({ metadata: { name: 'odd' }, ...fields, apiVersion, kind }));
          expect(bugs).toEqual([]);
          expect([code, message]).toEqual([expect.toSatisfy((given: number) => given < 500), expect.any(String)]);
        },
      ),
      { numRuns: RUNS * 2 },
    );
  });

  test('of every kind, with fields of the right types and strange values', { timeout: HOURS }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...creatable), fc.nat(), async ({ apiVersion, kind, path, typeName }, seed) => {
        const fields = strange(typeName ?? '', seededRandom(seed), 0) as object;
        const body = JSON.stringify({ ...fields, metadata: { name: 'odd' }, apiVersion, kind });
        const { code, message } = await send('POST', path, body);
        expect(bugs, body).toEqual([]);
        expect([code, message]).toEqual([expect.toSatisfy((given: number) => given < 500), expect.any(String)]);
      }),
      { numRuns: RUNS * 5 },
    );
  });

  test('names of the language are ordinary keys', async () => {
    const data = '{"__proto__":"1","constructor":"2","hasOwnProperty":"4","toString":"3"}';
    const { code, object } = await send('POST', MAPS, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"keys"},"data":${data}}`);
    expect([code, JSON.stringify((object as { readonly data: unknown }).data)]).toEqual([201, data]);
    const merged = await send('PATCH', `${MAPS}/keys`, '{"data":{"__proto__":"9","valueOf":"5"}}', PATCHES.merge);
    expect(Object.entries((merged.object as { readonly data: object }).data)).toEqual(
      expect.arrayContaining([
        ['__proto__', '9'],
        ['valueOf', '5'],
      ]),
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('expressions and patterns of death', () => {
  const crd = (plural: string, schema: object): string =>
    JSON.stringify({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.fuzz.example.com` },
      spec: {
        group: 'fuzz.example.com',
        names: { plural, kind: plural, singular: `${plural}x` },
        scope: 'Cluster',
        versions: [
          { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: schema } } } },
        ],
      },
    });
  const instance = (plural: string, spec: unknown): Promise<Answered> =>
    send(
      'POST',
      `/apis/fuzz.example.com/v1/${plural}`,
      JSON.stringify({ apiVersion: 'fuzz.example.com/v1', kind: plural, metadata: { name: 'x' }, spec }),
    );
  const victim = `${'a'.repeat(50_000)}!`;

  test('a pattern that backtracks for ever elsewhere', async () => {
    expect((await send('POST', CRDS, crd('patterns', { type: 'string', pattern: '^(a+)+$' }))).code).toBe(201);
    expect(await refused(instance('patterns', victim))).toContain('should match');
  });

  test('the same in an expression', async () => {
    const rules = [{ rule: "self.matches('^(a+)+$')" }];
    expect((await send('POST', CRDS, crd('matches', { type: 'string', maxLength: 100_000, 'x-kubernetes-validations': rules }))).code).toBe(
      201,
    );
    await refused(instance('matches', victim));
  });

  test('loops in loops in loops', async () => {
    const rules = [{ rule: 'self.all(a, self.all(b, self.all(c, self.all(d, a + b + c + d >= 0))))' }];
    const schema = { type: 'array', items: { type: 'integer' }, maxItems: 5000, 'x-kubernetes-validations': rules };
    const { code } = await send('POST', CRDS, crd('loops', schema));
    expect(code).toSatisfy((given: number) => given === 201 || given === 422);
    if (code === 201) await refused(instance('loops', Array(5000).fill(1)));
  });

  test('an expression that is very deep, or very long', async () => {
    for (const rule of [`${'('.repeat(5000)}true${')'.repeat(5000)}`, Array(50_000).fill('true').join(' && '), `${'!'.repeat(20_000)}true`])
      expect(await refused(send('POST', CRDS, crd('deep', { type: 'string', 'x-kubernetes-validations': [{ rule }] })))).not.toBe('');
  });

  test('a schema that is very deep', async () => {
    let schema: object = { type: 'string' };
    for (let depth = 0; depth < 450; depth++) schema = { type: 'object', properties: { a: schema } };
    const { code } = await send('POST', CRDS, crd('schemas', schema));
    expect(bugs).toEqual([]);
    expect(code).toBeLessThan(500);
  });
});
