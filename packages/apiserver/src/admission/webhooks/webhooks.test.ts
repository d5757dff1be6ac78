import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Cluster, configMap, patching, webhookCluster } from './webhook.fixture.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'example/main:1' }] } },
  },
};
let cluster: Cluster;

beforeEach(async () => {
  cluster = await webhookCluster();
});
afterEach(() => cluster[Symbol.asyncDispose]());

const add = (path: string, value: unknown): Readonly<Record<string, unknown>> => ({ op: 'add', path, value });
const failed = (hook: string): string => `Internal error occurred: failed calling webhook "${hook}.example.com": `;

describe('mutating webhooks', () => {
  test('change what is created, see the whole request, and name nothing that is not there yet', async () => {
    await cluster.hook('Mutating', 'mutate', patching(add('/data/b', '2'), add('/metadata/labels', { by: 'hook' })));
    const { code, object } = await cluster.call('POST', `${MAPS}?fieldManager=me&dryRun=All`, configMap('a', { a: '1' }));
    expect([code, object.data, object.metadata.labels]).toEqual([201, { a: '1', b: '2' }, { by: 'hook' }]);
    expect(cluster.asked).toHaveLength(1);
    const { request } = cluster.asked[0]!;
    expect(request).toMatchObject({
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
      name: 'a',
      namespace: 'default',
      operation: 'CREATE',
      userInfo: { username: 'anna', groups: ['system:masters'] },
      object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a', namespace: 'default' }, data: { a: '1' } },
      oldObject: null,
      dryRun: true,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'me', dryRun: ['All'] },
    });
    expect(request.object?.metadata).not.toHaveProperty('uid');
  });

  test('what they write is decoded, defaulted and validated', async () => {
    const rules = [{ operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['*'], resources: ['deployments'] }];
    const sidecar = { name: 'sidecar', image: 'example/sidecar:1', nonsense: 1 };
    await cluster.hook('Mutating', 'mutate', patching(add('/spec/template/spec/containers/-', sidecar)), { rules });
    const path = '/apis/apps/v1/namespaces/default/deployments';
    const { object } = await cluster.call('POST', path, DEPLOYMENT);
    expect(object).toMatchObject({
      spec: { template: { spec: { containers: [{ name: 'main' }, { name: 'sidecar', imagePullPolicy: 'IfNotPresent' }] } } },
    });
    expect(JSON.stringify(object)).not.toContain('nonsense');
    cluster.reply('mutate', patching({ op: 'remove', path: '/spec/template/spec/containers/0' }));
    const refused = await cluster.call('POST', path, { ...DEPLOYMENT, metadata: { name: 'other' } });
    expect([refused.code, refused.message]).toEqual([422, expect.stringContaining('spec.template.spec.containers: Required value')]);
  });

  test('are asked in the order of their names, and again where they wish so', async () => {
    await cluster.hook('Mutating', 'c-last', patching(add('/data/c', 'c')));
    await cluster.hook('Mutating', 'a-first', {}, { reinvocationPolicy: 'IfNeeded' });
    await cluster.hook('Mutating', 'b-never', {});
    expect((await cluster.call('POST', MAPS, configMap('a', { a: '1' }))).code).toBe(201);
    expect(cluster.asked.map(({ hook }) => hook)).toEqual(['a-first', 'b-never', 'c-last', 'a-first']);
    expect(cluster.asked.at(-1)?.request.object).toMatchObject({ data: { c: 'c' } });
  });

  test('cannot change what they may not, and patches that do not apply are said to be theirs', async () => {
    const { object } = await cluster.call('POST', MAPS, configMap('a'));
    await cluster.hook('Mutating', 'mutate', patching(add('/metadata/uid', 'stolen'), add('/data', { x: '1' })));
    const updated = await cluster.call('PUT', `${MAPS}/a`, configMap('a', { y: '2' }));
    expect([updated.object.metadata.uid, updated.object.data]).toEqual([object.metadata.uid, { x: '1' }]);
    cluster.reply('mutate', patching({ op: 'remove', path: '/data/nothing' }));
    expect((await cluster.call('PUT', `${MAPS}/a`, configMap('a', { y: '3' }))).message).toContain(
      'admission webhook "mutate.example.com" sent a patch that does not apply',
    );
    cluster.reply('mutate', patching(add('/data', {})));
    expect((await cluster.call('DELETE', `${MAPS}/a`)).message).toBe(
      'Internal error occurred: admission webhook "mutate.example.com" attempted to modify the object, which is not supported for this operation',
    );
  });
});

describe('validating webhooks', () => {
  test('refuse in their own words, with their own code', async () => {
    await cluster.hook('Validating', 'check', { allowed: false, status: { code: 403, reason: 'Forbidden', message: 'not on Fridays' } });
    const refused = await cluster.call('POST', MAPS, configMap('a'));
    expect([refused.code, refused.reason, refused.message]).toEqual([
      403,
      'Forbidden',
      'admission webhook "check.example.com" denied the request: not on Fridays',
    ]);
    cluster.reply('check', { allowed: false, status: { code: 200, status: 'Success' } });
    const silent = await cluster.call('POST', MAPS, configMap('a'));
    expect([silent.code, silent.message]).toEqual([400, 'admission webhook "check.example.com" denied the request without explanation']);
    expect((await cluster.call('GET', `${MAPS}/a`)).code).toBe(404);
  });

  test('see what is stored: after mutation, with its name, uid and what was there before', async () => {
    await cluster.hook('Mutating', 'mutate', patching(add('/data', { m: '1' })));
    await cluster.hook('Validating', 'check', { warnings: ['think twice\r\nset-cookie: x'] });
    const { warning, object } = await cluster.call('POST', MAPS, { ...configMap(''), metadata: { generateName: 'made-' } });
    const seen = cluster.asked.find(({ hook }) => hook === 'check')!.request;
    expect(seen).toMatchObject({ name: object.metadata.name, object: { metadata: { uid: object.metadata.uid }, data: { m: '1' } } });
    expect(warning).toBe('299 - "think twice  set-cookie: x"');
    await cluster.call('DELETE', `${MAPS}/${object.metadata.name}`);
    expect(cluster.asked.at(-1)?.request).toMatchObject({
      operation: 'DELETE',
      object: null,
      oldObject: { metadata: { uid: object.metadata.uid } },
      options: { kind: 'DeleteOptions' },
    });
  });

  test('are asked about scales, evictions and streams as what those are', async () => {
    await cluster.call('POST', '/apis/apps/v1/namespaces/default/deployments', DEPLOYMENT);
    const rules = [
      { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['deployments/scale', 'pods/exec', 'services/proxy'] },
    ];
    await cluster.hook('Validating', 'check', { allowed: false, status: { message: 'no' } }, { rules });
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web' }, spec: { replicas: 5 } };
    const path = '/apis/apps/v1/namespaces/default/deployments/web/scale';
    expect((await cluster.call('PUT', path, scale)).message).toBe('admission webhook "check.example.com" denied the request: no');
    expect(cluster.asked[0]?.request).toMatchObject({
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      subResource: 'scale',
      operation: 'UPDATE',
      object: { spec: { replicas: 5 } },
      oldObject: { spec: { replicas: 1 } },
    });
    await cluster.call('POST', '/api/v1/namespaces/default/pods/p/exec?command=ls&command=-l&stdout=true');
    expect(cluster.asked[1]?.request).toMatchObject({
      operation: 'CONNECT',
      subResource: 'exec',
      object: { kind: 'PodExecOptions', stdout: true, command: ['ls', '-l'] },
    });
    await cluster.call('GET', '/api/v1/namespaces/default/services/web:80/proxy/admin/proxy/x');
    expect(cluster.asked[2]?.request).toMatchObject({
      operation: 'CONNECT',
      subResource: 'proxy',
      name: 'web:80',
      object: { kind: 'ServiceProxyOptions', path: '/admin/proxy/x' },
    });
    expect((await cluster.call('GET', path)).object).toMatchObject({ spec: { replicas: 1 } });
  });
});

describe('which requests are meant', () => {
  test.each([
    ['operations', { rules: [{ operations: ['UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }] }, 0],
    ['a subresource', { rules: [{ operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps/status'] }] }, 0],
    ['everything', { rules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }] }, 1],
    ['the scope', { rules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], scope: 'Cluster' }] }, 0],
    ['labels of the object', { objectSelector: { matchLabels: { app: 'other' } } }, 0],
    ['labels of the object, which match', { objectSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } }, 1],
    ['labels of the namespace', { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } }, 0],
    ['labels of the namespace, which match', { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } }, 1],
    ['a condition', { matchConditions: [{ name: 'not-anna', expression: "request.userInfo.username != 'anna'" }] }, 0],
    ['a condition that holds', { matchConditions: [{ name: 'data', expression: "object.data.a == '1' && oldObject == null" }] }, 1],
    ['a right', { matchConditions: [{ name: 'right', expression: "authorizer.requestResource.check('breakglass').allowed()" }] }, 1],
  ])('by %s', async (_what, spec, times) => {
    await cluster.hook('Validating', 'check', {}, spec);
    expect((await cluster.call('POST', MAPS, configMap('a', { a: '1' }, { labels: { app: 'web' } }))).code).toBe(201);
    expect(cluster.asked).toHaveLength(times);
  });

  test('a condition that cannot be evaluated refuses, unless failurePolicy says otherwise', async () => {
    const matchConditions = [{ name: 'broken', expression: 'object.nothing.at.all == 1' }];
    await cluster.hook('Validating', 'check', {}, { matchConditions });
    expect(await cluster.call('POST', MAPS, configMap('a'))).toMatchObject({
      code: 403,
      message: expect.stringContaining('no such key: nothing'),
    });
    await cluster.call('DELETE', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/check');
    await cluster.hook('Validating', 'check', {}, { matchConditions, failurePolicy: 'Ignore' });
    expect((await cluster.call('POST', MAPS, configMap('a'))).code).toBe(201);
    expect(cluster.asked).toEqual([]);
  });

  test('in whichever version an object is written, the webhook sees the one that it asks for, unless it insists', async () => {
    const rules = [{ operations: ['CREATE'], apiGroups: ['events.k8s.io'], apiVersions: ['v1'], resources: ['events'] }];
    await cluster.hook('Mutating', 'same', patching(add('/note', 'changed')), { rules });
    await cluster.hook('Mutating', 'exact', {}, { rules, matchPolicy: 'Exact' });
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e' },
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
    };
    const { object, code } = await cluster.call('POST', '/api/v1/namespaces/default/events', {
      ...event,
      reason: 'R',
      message: 'said',
      type: 'Normal',
    });
    expect([code, object]).toEqual([201, expect.objectContaining({ apiVersion: 'v1', message: 'changed' })]);
    expect(cluster.asked).toHaveLength(1);
    expect(cluster.asked[0]?.request).toMatchObject({
      kind: { group: 'events.k8s.io', version: 'v1', kind: 'Event' },
      requestKind: { group: '', version: 'v1', kind: 'Event' },
      object: { apiVersion: 'events.k8s.io/v1', note: 'said', regarding: { name: 'p' } },
    });
  });

  test('nothing stands in the way of removing a webhook', async () => {
    const rules = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }];
    await cluster.hook('Validating', 'check', { allowed: false }, { rules });
    expect((await cluster.call('DELETE', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/check')).code).toBe(200);
    expect(cluster.asked).toEqual([]);
  });
});

describe('a webhook that does not answer well', () => {
  test('is waited for as long as its timeout says, while others go on', async () => {
    await cluster.hook('Validating', 'check', 'hang', { timeoutSeconds: 3 });
    const waiting = cluster.call('POST', MAPS, configMap('a'));
    while (cluster.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } };
    expect((await cluster.call('POST', '/api/v1/namespaces/default/secrets', secret)).code).toBe(201);
    await cluster.clock.advance(3_000);
    expect(await waiting).toMatchObject({
      code: 500,
      reason: 'InternalError',
      message: `${failed('check')}failed to call webhook: Post "https://127.0.0.1:${cluster.port}/check?timeout=3s": context deadline exceeded`,
    });
  });

  test.each<[string, (uid: string) => { status?: number; body: string }, string]>([
    ['no JSON', () => ({ body: '<html>' }), "failed to call webhook: couldn't get version/kind; json parse error"],
    [
      'another kind',
      () => ({ body: '{"kind":"Pod","apiVersion":"v1","response":{"uid":"x"}}' }),
      'received invalid webhook response: expected response.uid=',
    ],
    ['no response', () => ({ body: '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}' }), 'webhook response was absent'],
    [
      'an old version',
      (uid) => ({ body: `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1","response":{"uid":"${uid}"}}` }),
      'expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got admission.k8s.io/v1beta1',
    ],
    [
      'a patch',
      (uid) => ({
        body: `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"${uid}","allowed":true,"patch":"W10="}}`,
      }),
      'validating webhook may not return response.patch',
    ],
    [
      'a failure',
      () => ({ status: 500, body: 'boom' }),
      'failed to call webhook: an error on the server ("boom") has prevented the request from succeeding',
    ],
    ['nothing there', () => ({ status: 404, body: '' }), 'failed to call webhook: the server could not find the requested resource'],
    ['too much', () => ({ body: 'x'.repeat(4 * 1024 * 1024) }), 'larger than the limit'],
  ])('and sends %s fails the request, or not, as its failurePolicy says', async (_what, reply, words) => {
    await cluster.hook('Validating', 'check', reply);
    const refused = await cluster.call('POST', MAPS, configMap('a'));
    expect([refused.code, refused.message]).toEqual([500, expect.stringContaining(words)]);
    expect(refused.message.startsWith(failed('check'))).toBe(true);
    const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/check';
    await cluster.call(
      'PATCH',
      path,
      [{ op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Ignore' }],
      'application/json-patch+json',
    );
    expect((await cluster.call('POST', MAPS, configMap('a'))).code).toBe(201);
  });

  test('is refused where its certificate comes from elsewhere, or nobody listens', async () => {
    const stranger = await webhookCluster();
    const url = `https://127.0.0.1:${cluster.port}/check`;
    await cluster.hook('Validating', 'check', {}, { clientConfig: { url, caBundle: stranger.caBundle } });
    expect((await cluster.call('POST', MAPS, configMap('a'))).message).toContain(
      `Post "${url}?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    );
    await stranger[Symbol.asyncDispose]();
    const gone = `https://127.0.0.1:${stranger.port}/check`;
    await cluster.call('DELETE', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/check');
    await cluster.hook('Validating', 'check', {}, { clientConfig: { url: gone, caBundle: stranger.caBundle } });
    expect((await cluster.call('POST', MAPS, configMap('a'))).message).toBe(
      `${failed('check')}failed to call webhook: Post "${gone}?timeout=10s": dial tcp 127.0.0.1:${stranger.port}: connect: connection refused`,
    );
  });
});

test('a webhook behind a Service is reached at a ready endpoint, by the name of the Service', async () => {
  const clientConfig = { service: { name: 'hook', namespace: 'default', path: '/check' }, caBundle: cluster.caBundle };
  await cluster.hook('Validating', 'check', {}, { clientConfig });
  const where = `${failed('check')}failed to call webhook: Post "https://hook.default.svc:443/check?timeout=10s": `;
  expect((await cluster.call('POST', MAPS, configMap('a'))).message).toBe(`${where}service "hook" not found`);
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'hook' }, spec: { ports: [{ name: 'https', port: 443 }] } };
  await cluster.call('POST', '/api/v1/namespaces/default/services', service);
  expect((await cluster.call('POST', MAPS, configMap('a'))).message).toBe(`${where}no endpoints available for service "hook"`);
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'hook-1', labels: { 'kubernetes.io/service-name': 'hook' } },
    addressType: 'IPv4',
    endpoints: [
      { addresses: ['127.0.0.2'], conditions: { ready: false } },
      { addresses: ['127.0.0.1'], conditions: { ready: true } },
    ],
    ports: [{ name: 'https', port: cluster.port, protocol: 'TCP' }],
  };
  await cluster.call('POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', slice);
  expect((await cluster.call('POST', MAPS, configMap('a'))).code).toBe(201);
  expect(cluster.asked).toHaveLength(1);
});

describe('configurations', () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      'a name of one word',
      { name: 'check' },
      'webhooks[0].name: Invalid value: "check": should be a domain with at least three segments separated by dots',
    ],
    [
      'side effects',
      { sideEffects: 'Some' },
      'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
    ],
    [
      'no known version',
      { admissionReviewVersions: ['v7'] },
      'webhooks[0].admissionReviewVersions: Invalid value: ["v7"]: must include at least one of v1, v1beta1',
    ],
    [
      'an endless timeout',
      { timeoutSeconds: 31 },
      'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
    ],
    ['no place', { clientConfig: {} }, 'webhooks[0].clientConfig: Required value: exactly one of url or service is required'],
    [
      'no TLS',
      { clientConfig: { url: 'http://hook/' } },
      'webhooks[0].clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path]',
    ],
    [
      'a rule for nothing',
      { rules: [{ operations: [], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }] },
      'webhooks[0].rules[0].operations: Required value',
    ],
    [
      'all and one',
      { rules: [{ operations: ['*', 'CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }] },
      'webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if \'*\' is present, must not specify other operations',
    ],
    [
      'a condition that is no expression',
      { matchConditions: [{ name: 'x', expression: 'object.' }] },
      'webhooks[0].matchConditions[0].expression: Invalid value: "object.": compilation failed: ERROR: <input>:1:8',
    ],
    [
      'an unknown policy',
      { failurePolicy: 'Maybe' },
      'webhooks[0].failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore"',
    ],
  ])('with %s are refused', async (_what, spec, words) => {
    const { code, message } = await cluster.hook('Validating', 'check', {}, spec);
    expect([code, message]).toEqual([422, expect.stringContaining(words)]);
  });

  test('are defaulted, and count their changes', async () => {
    const { object } = await cluster.hook('Mutating', 'mutate', {});
    expect(object).toMatchObject({
      metadata: { generation: 1 },
      webhooks: [
        {
          failurePolicy: 'Fail',
          matchPolicy: 'Equivalent',
          reinvocationPolicy: 'Never',
          timeoutSeconds: 10,
          namespaceSelector: {},
          objectSelector: {},
        },
      ],
    });
    const webhook = (object as unknown as { webhooks: object[] }).webhooks[0]!;
    const twice = await cluster.call('POST', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', {
      ...object,
      metadata: { name: 'twice' },
      webhooks: [webhook, webhook],
    });
    expect(twice.message).toContain('webhooks[1].name: Duplicate value: "mutate.example.com"');
  });
});
