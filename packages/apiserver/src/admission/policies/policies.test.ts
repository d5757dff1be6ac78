import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answered, type Cluster, configMap, webhookCluster } from '../webhooks/webhook.fixture.ts';

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const API = { apiVersion: 'admissionregistration.k8s.io/v1' };
const MAPS = '/api/v1/namespaces/default/configmaps';
const CONFIG_MAPS = { resourceRules: [{ operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }] };
const SHORT = { expression: "object.data.all(key, object.data[key] != 'long')", message: 'nothing long' };
let cluster: Cluster;

beforeEach(async () => {
  cluster = await webhookCluster();
});
afterEach(() => cluster[Symbol.asyncDispose]());

type Spec = Readonly<Record<string, unknown>>;

function policy(spec: Spec): Promise<Answered> {
  const whole = { matchConstraints: CONFIG_MAPS, ...spec };
  return cluster.call('POST', `${GROUP}/validatingadmissionpolicies`, {
    ...API,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'p' },
    spec: whole,
  });
}

function bind(spec: Spec = {}): Promise<Answered> {
  const whole = { policyName: 'p', validationActions: ['Deny'], ...spec };
  const metadata = { name: 'b' };
  return cluster.call('POST', `${GROUP}/validatingadmissionpolicybindings`, {
    ...API,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata,
    spec: whole,
  });
}

const create = (data: Readonly<Record<string, string>>, query = ''): Promise<Answered> =>
  cluster.call('POST', `${MAPS}${query}`, configMap('a', data));
const DENIED = `configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: `;

describe('policies', () => {
  test('hold only where they are bound, and refuse in their words', async () => {
    expect((await policy({ validations: [SHORT] })).code).toBe(201);
    expect((await create({ x: 'long' }, '?dryRun=All')).code).toBe(201);
    expect((await bind()).code).toBe(201);
    expect(await create({ x: 'long' })).toMatchObject({ code: 422, reason: 'Invalid', message: `${DENIED}nothing long` });
    expect((await create({ x: 'short' })).code).toBe(201);
    expect((await cluster.call('DELETE', `${MAPS}/a`)).message).toBe(
      `${DENIED}expression 'object.data.all(key, object.data[key] != 'long')' resulted in error: no such key: data`,
    );
  });

  test('have variables, reasons, messages that are expressions, and the namespace', async () => {
    const variables = [
      { name: 'count', expression: 'object.data.size()' },
      { name: 'where', expression: 'namespaceObject.metadata.name' },
    ];
    const validations = [
      {
        expression: 'variables.count < 2',
        messageExpression: "'too many in ' + variables.where + ': ' + string(variables.count)",
        reason: 'Forbidden',
      },
    ];
    await policy({ variables, validations });
    await bind();
    expect(await create({ x: '1', y: '2' })).toMatchObject({ code: 403, reason: 'Forbidden', message: `${DENIED}too many in default: 2` });
    expect((await create({ x: '1' })).code).toBe(201);
  });

  test('warn where they are bound so', async () => {
    await policy({ validations: [{ expression: 'object.data.size() == 1' }] });
    await bind({ validationActions: ['Warn', 'Audit'] });
    expect(await create({ x: '1', y: '2' })).toMatchObject({
      code: 201,
      warning: `299 - "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': failed expression: object.data.size() == 1"`,
    });
  });

  test.each([
    ['a condition', { matchConditions: [{ name: 'other', expression: "request.userInfo.username != 'anna'" }] }, {}],
    [
      'another resource',
      { matchConstraints: { resourceRules: [{ operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }] } },
      {},
    ],
    [
      'an exception',
      { matchConstraints: { ...CONFIG_MAPS, excludeResourceRules: [{ ...CONFIG_MAPS.resourceRules[0], resourceNames: ['a'] }] } },
      {},
    ],
    ["the binding's labels", {}, { matchResources: { objectSelector: { matchLabels: { strict: 'yes' } } } }],
    [
      "the binding's namespaces",
      {},
      { matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } } },
    ],
    ['a failing expression that is to be ignored', { failurePolicy: 'Ignore', validations: [{ expression: 'object.nothing.there' }] }, {}],
  ])('do not ask where %s says otherwise', async (_what, spec, binding) => {
    await policy({ validations: [{ expression: 'false' }], ...spec });
    await bind(binding);
    expect((await create({ x: '1' })).code).toBe(201);
  });

  test('take parameters that their bindings name', async () => {
    await policy({
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      validations: [{ expression: 'object.data.size() <= int(params.data.max)' }],
    });
    await bind({ paramRef: { name: 'limits', namespace: 'kube-system', parameterNotFoundAction: 'Deny' } });
    expect((await create({ x: '1' })).message).toBe(
      `${DENIED}failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
    );
    await cluster.call('DELETE', `${GROUP}/validatingadmissionpolicybindings/b`);
    await cluster.call('POST', '/api/v1/namespaces/kube-system/configmaps', configMap('limits', { max: '1' }));
    await bind({ paramRef: { name: 'limits', namespace: 'kube-system', parameterNotFoundAction: 'Deny' } });
    expect((await create({ x: '1', y: '2' })).message).toBe(`${DENIED}failed expression: object.data.size() <= int(params.data.max)`);
    expect((await create({ x: '1' })).code).toBe(201);
  });

  test('are refused when they do not compile or say nothing', async () => {
    expect((await policy({ validations: [{ expression: 'object.' }] })).message).toContain(
      'spec.validations[0].expression: Invalid value: "object.": compilation failed',
    );
    expect((await policy({})).message).toContain(
      'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
    );
    expect((await bind({ validationActions: ['Deny', 'Warn'] })).message).toContain('must not contain both Deny and Warn');
    expect((await bind({ policyName: '' })).message).toContain('spec.policyName: Required value');
  });
});
