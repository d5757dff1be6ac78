// How long one client's request keeps every other client waiting: the longest time for which the server's only thread did nothing
// else while it handled something hostile. Without TLS and HTTP, which share the thread but do not depend on what is inside.
import { generateKeyPairSync } from 'node:crypto';
import { createApiServer } from '@holdfast/apiserver';
import { systemClock, systemRandom } from '@holdfast/clock';
import { toYaml } from '@holdfast/schema';

const MAPS = '/api/v1/namespaces/default/configmaps';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const MEBIBYTE = 1024 * 1024;

interface Hostile {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly type?: string;
}

const configMap = (name: string, data: object): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
const keys = (count: number): Record<string, string> => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));

function definition(plural: string, schema: object): string {
  return JSON.stringify({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.stall.example.com` },
    spec: {
      group: 'stall.example.com',
      names: { plural, kind: plural },
      scope: 'Cluster',
      versions: [
        { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: schema } } } },
      ],
    },
  });
}

const LOOPS = {
  type: 'array',
  items: { type: 'integer' },
  maxItems: 100,
  'x-kubernetes-validations': [{ rule: 'self.all(a, self.all(b, self.all(c, a + b + c >= 0)))' }],
};
const instance = (plural: string, spec: unknown): string =>
  JSON.stringify({ apiVersion: 'stall.example.com/v1', kind: plural, metadata: { name: 'x' }, spec });
const manyFields = Object.fromEntries(
  Array.from({ length: 20_000 }, (_, index) => [`f${index}`, { type: 'string', pattern: `^(a+)+${index}$` }]),
);
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';

const HOSTILE: Readonly<Record<string, Hostile>> = {
  'deep JSON, 1 MiB': { method: 'POST', path: MAPS, body: `${'['.repeat(MEBIBYTE / 2)}${']'.repeat(MEBIBYTE / 2)}` },
  'ConfigMap of 50,000 keys': { method: 'POST', path: MAPS, body: JSON.stringify(configMap('many', keys(50_000))) },
  'the same as YAML': { method: 'POST', path: MAPS, body: toYaml(configMap('yaml', keys(50_000))), type: 'application/yaml' },
  'merge patch of 50,000 keys': { method: 'PATCH', path: `${MAPS}/victim`, body: JSON.stringify({ data: keys(50_000) }), type: MERGE },
  'strategic patch of 50,000 keys': {
    method: 'PATCH',
    path: `${MAPS}/victim`,
    body: JSON.stringify({ data: keys(50_000) }),
    type: STRATEGIC,
  },
  'apply of 50,000 keys': {
    method: 'PATCH',
    path: `${MAPS}/applied?fieldManager=me`,
    body: JSON.stringify(configMap('applied', keys(50_000))),
    type: 'application/apply-patch+yaml',
  },
  'JSON patch of 10,000 operations': {
    method: 'PATCH',
    path: `${MAPS}/victim`,
    body: JSON.stringify(Array.from({ length: 10_000 }, (_, index) => ({ op: 'add', path: `/data/p${index}`, value: 'v' }))),
    type: 'application/json-patch+json',
  },
  // Longer heads than of 16 KiB are refused before anybody looks at them.
  'label selector of 16 KiB': {
    method: 'GET',
    path: `${MAPS}?labelSelector=a in (${Array.from({ length: 3500 }, (_, i) => i).join(',')})`,
  },
  'definition of 20,000 patterns': { method: 'POST', path: CRDS, body: definition('patterns', { type: 'object', properties: manyFields }) },
  'the same again, another name': { method: 'POST', path: CRDS, body: definition('patterns2', { type: 'object', properties: manyFields }) },
  'rule with three loops, definition': { method: 'POST', path: CRDS, body: definition('loops', LOOPS) },
  'rule with three loops, instance': {
    method: 'POST',
    path: '/apis/stall.example.com/v1/loops',
    body: instance('loops', Array(100).fill(1)),
  },
  'pattern of death, 50 KB': {
    method: 'POST',
    path: '/apis/stall.example.com/v1/deaths',
    body: instance('deaths', `${'a'.repeat(50_000)}!`),
  },
};

/** Milliseconds, by hostile input. */
export async function stallFigures(): Promise<Readonly<Record<string, number>>> {
  const server = createApiServer({
    clock: systemClock(),
    random: systemRandom(),
    nodes: () => undefined,
    serviceCidr: '127.64.128.0/17',
    advertise: { host: '127.0.0.1', port: 6443 },
    caCertificate: '',
    serviceAccountKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    onBug: (error) => console.error(error),
  });
  const send = async ({ method, path, body, type = 'application/json' }: Hostile): Promise<void> => {
    const url = new URL(path, 'https://server');
    await server.handle({
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: { accept: 'application/json', 'content-type': type },
      user: { username: 'anna', groups: ['system:masters'] },
      signal: new AbortController().signal,
      // As the HTTPS server hands over large bodies.
      ...(body === undefined ? {} : { body: { kind: 'bytes' as const, bytes: Buffer.from(body) }, turn }),
    });
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await send({ method: 'POST', path: MAPS, body: JSON.stringify(configMap('victim', { a: '1' })) });
  await send({ method: 'POST', path: CRDS, body: definition('deaths', { type: 'string', pattern: '^(a+)+$' }) });
  const figures: Record<string, number> = {};
  for (const [name, request] of Object.entries(HOSTILE)) figures[`${name} ms`] = await longestStall(() => send(request));
  await server.close();
  return figures;
}

/** The longest time between two turns of the event loop while the work was done. */
async function longestStall(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let done = false;
  const probe = (async () => {
    while (!done) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }
  })();
  await work();
  done = true;
  await probe;
  return longest;
}
