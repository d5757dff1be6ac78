import { expect, test } from 'vitest';
import { AdmissionExpressions, type AdmissionVariables } from './admission.ts';
import { type AccessCheck, CelAuthorizer } from './library/authorizer.ts';

const asked: unknown[] = [];
const authorizer = new CelAuthorizer(
  (check: AccessCheck, account) => {
    asked.push({ ...check, account });
    return { allowed: check.verb === 'get', reason: 'because' };
  },
  { group: 'apps', resource: 'deployments', subresource: '', namespace: 'ns', name: 'web' },
);
const given: AdmissionVariables = {
  object: { metadata: { name: 'web', labels: { 'a-b': 'x' } }, spec: { replicas: 3 } },
  oldObject: null,
  request: { operation: 'CREATE', userInfo: { username: 'anna', groups: ['g'] } },
  params: { max: 2 },
  namespaceObject: { metadata: { name: 'ns' } },
  authorizer,
};

function evaluate(expression: string, type: 'bool' | 'string' = 'bool', variables: Record<string, string> = {}): unknown {
  const expressions = new AdmissionExpressions('policy');
  for (const [name, text] of Object.entries(variables)) expect(expressions.declare({ name, expression: text })).toBeUndefined();
  const compiled = expressions.compile(expression, type);
  return 'error' in compiled ? compiled : expressions.evaluation(given, 10_000)(compiled.program);
}

test.each([
  ['object.spec.replicas == 3', true],
  ['oldObject == null', true],
  ['has(object.spec.paused)', false],
  ["object.metadata.labels['a-b'] == 'x'", true],
  ["request.operation == 'CREATE' && request.userInfo.username == 'anna'", true],
  ['object.spec.replicas <= params.max', false],
  ["namespaceObject.metadata.name == 'ns'", true],
  ["authorizer.group('apps').resource('deployments').subresource('scale').namespace('ns').name('web').check('get').allowed()", true],
  ["authorizer.requestResource.check('delete').allowed()", false],
  ["authorizer.path('/healthz').check('get').reason() == 'because'", true],
  ["authorizer.serviceAccount('ns', 'robot').group('').resource('pods').check('get').allowed()", true],
])('%s is %s', (expression, value) => {
  expect(evaluate(expression)).toEqual({ value });
});

test('the authorizer is asked what the expression says', () => {
  asked.length = 0;
  evaluate("authorizer.requestResource.check('delete').allowed()");
  evaluate("authorizer.serviceAccount('ns', 'robot').group('').resource('pods').namespace('other').check('list').allowed()");
  expect(asked).toEqual([
    { kind: 'resource', verb: 'delete', group: 'apps', resource: 'deployments', subresource: '', namespace: 'ns', name: 'web' },
    {
      kind: 'resource',
      verb: 'list',
      group: '',
      resource: 'pods',
      subresource: '',
      namespace: 'other',
      name: '',
      account: { namespace: 'ns', name: 'robot' },
    },
  ]);
});

test('variables are evaluated when they are spoken of, and may speak of earlier ones', () => {
  const variables = {
    replicas: 'object.spec.replicas',
    double: 'variables.replicas * 2',
    broken: 'object.spec.nothing',
    own: 'variables.own',
  };
  expect(evaluate('variables.double == 6', 'bool', variables)).toEqual({ value: true });
  expect(evaluate('variables.broken == 6', 'bool', variables)).toEqual({ error: 'no such key: nothing' });
  expect(evaluate('variables.own == 6', 'bool', variables)).toEqual({ error: 'no such key: own' });
  expect(evaluate('variables.unknown == 6', 'bool', variables)).toEqual({ error: 'no such key: unknown' });
});

test('what does not compile, or costs too much, says so', () => {
  expect(evaluate('object.spec.replicas ==')).toMatchObject({ error: expect.stringContaining('compilation failed: ERROR') });
  expect(evaluate('nothing == 1')).toMatchObject({ error: expect.stringContaining("undeclared reference to 'nothing'") });
  expect(evaluate('1 + 1')).toEqual({ error: 'cel expression must evaluate to a bool' });
  const many = `[${'1,'.repeat(99)}1]`;
  expect(evaluate(`${many}.all(a, ${many}.all(b, ${many}.all(c, a + b + c > 0)))`)).toEqual({ exceeded: true });
});
