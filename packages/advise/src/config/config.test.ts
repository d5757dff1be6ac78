import { expect, it } from 'vitest';
import fc from 'fast-check';
import { check, type CheckResult, type CheckSettings } from '../check.ts';
import { withoutDuplicates } from '../load/load.ts';
import { readText } from '../load/read-text.ts';
import { RULES } from '../rules/index.ts';
import { readBaseline, toBaseline } from './baseline.ts';
import { compileCustomRules } from './custom-rules.ts';
import { globMatcher } from './glob.ts';
import { ConfigError, readConfig } from './read-config.ts';

const KNOWN = RULES.map(({ id }) => id);
const config = (text: string) => readConfig(text, 'holdfast.yaml', KNOWN);

const SET = `apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
  namespace: data
spec:
  serviceName: db
  replicas: 2
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec:
      terminationGracePeriodSeconds: 30
      containers:
        - name: main
          image: acme/ledger:4.2
          ports: [{ containerPort: 7000 }]
          resources: { limits: { cpu: 500m } }
          volumeMounts: [{ name: data, mountPath: /ledger }]
  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], storageClassName: fast, resources: { requests: { storage: 10Gi } } }
`;
const POSTGRES = SET.replace('acme/ledger:4.2', 'postgres:16.4').replace('/ledger', '/var/lib/postgresql');

async function checked(text: string, settings: CheckSettings = {}): Promise<CheckResult> {
  const { objects, problems } = await readText(text, 'set.yaml');
  return check({ ...withoutDuplicates(objects), problems, notListed: new Set(), live: false }, { today: '2026-11-26', ...settings });
}

const rulesIn = ({ findings }: CheckResult): readonly string[] => findings.map(({ rule }) => rule);

it.each([
  ['severties: {}', 'severties: there is no such field; known are severities, engines'],
  ['severities: { cpu-limits: off }', 'severities.cpu-limits: there is no rule cpu-limits'],
  ['severities: { cpu-limit: fatal }', 'severities.cpu-limit: "fatal" is none of info, warning, error, off'],
  ['ignore: [{ rule: cpu-limit, object: x, reason: y }]', 'ignore[0].until: text is expected'],
  ['ignore: [{ rule: cpu-limit, object: x, reason: y, until: soon }]', 'soon is no day of the form YYYY-MM-DD'],
  ['ignore: [{ rule: cpu-limit, object: x, until: "2027-01-01" }]', 'ignore[0].reason: text is expected'],
  ['engines: [{ name: a, image: "(", port: 1, dataPaths: [/a] }]', 'engines[0].image: is no regular expression'],
  ['rules: [{ id: cpu-limit, expression: "true", message: m }]', 'there is a rule cpu-limit already'],
  ['rules: [{ id: a-rule, expression: "true" }]', 'message or messageExpression is missing'],
  ['exclude: vendor', 'exclude: a list is expected'],
  ['- a', 'a mapping is expected'],
  ['a: "x', 'is not YAML'],
])('refuses %s', async (text, message) => {
  await expect(config(text)).rejects.toThrow(ConfigError);
  await expect(config(text)).rejects.toThrow(message);
  await expect(config(text)).rejects.toThrow(/^holdfast\.yaml:1:\d+ /);
});

it('takes an empty file for no settings', async () => {
  expect((await config('')).severities.size).toBe(0);
  expect((await config('# nothing\n')).rules).toEqual([]);
});

it('changes severities, and switches rules off', async () => {
  const found = async (text: string) =>
    (await checked(POSTGRES, { config: await config(text) })).findings.filter(({ rule }) => rule === 'cpu-limit');
  expect((await found(''))[0]?.severity).toBe('warning');
  expect((await found('severities: { cpu-limit: error }'))[0]?.severity).toBe('error');
  expect(await found('severities: { cpu-limit: off }')).toEqual([]);
});

it('knows engines that it is told of, with what they need', async () => {
  expect(rulesIn(await checked(SET))).not.toContain('cpu-limit');
  const told = await config('engines: [{ name: ledger, image: ledger, port: 7000, dataPaths: [/ledger], voters: all, graceSeconds: 90 }]');
  const result = await checked(SET, { config: told });
  expect(rulesIn(result)).toEqual(expect.arrayContaining(['cpu-limit', 'even-quorum', 'short-grace-period']));
  const again = await checked(POSTGRES, { config: await config('engines: [{ name: postgresql, graceSeconds: 120 }]') });
  expect(again.findings.find(({ rule }) => rule === 'short-grace-period')?.fix).toContain('120');
});

it('accepts a finding until a day, for a reason, by annotation or by file', async () => {
  const annotated = (value: string) =>
    checked(POSTGRES.replace('  namespace: data\n', `  namespace: data\n  annotations: { ignore.holdfast.dev/cpu-limit: "${value}" }\n`));
  const good = await annotated('until 2026-11-26: pinned');
  expect(rulesIn(good)).not.toContain('cpu-limit');
  expect(good.suppressed).toMatchObject([{ by: 'annotation', reason: 'pinned', finding: { rule: 'cpu-limit' } }]);
  expect(good.loaded.problems).toEqual([]);
  for (const [value, problem] of [
    ['until 2026-11-25: pinned', 'ended on 2026-11-25'],
    ['pinned', 'must be of the form'],
    ['until 2027-01-01: ', 'must be of the form'],
  ] as const) {
    const result = await annotated(value);
    expect(rulesIn(result)).toContain('cpu-limit');
    expect(result.loaded.problems).toMatchObject([{ file: 'set.yaml', line: 6, message: expect.stringContaining(problem) }]);
  }
  const byFile = async (object: string, until: string) =>
    rulesIn(
      await checked(POSTGRES, {
        config: await config(`ignore: [{ rule: cpu-limit, object: "${object}", until: "${until}", reason: why }]`),
      }),
    );
  expect(await byFile('StatefulSet data/*', '2026-11-26')).not.toContain('cpu-limit');
  expect(await byFile('StatefulSet data/*', '2026-11-25')).toContain('cpu-limit');
  expect(await byFile('StatefulSet web/*', '2027-01-01')).toContain('cpu-limit');
});

it('says that an annotation names no rule', async () => {
  const text = POSTGRES.replace(
    '  namespace: data\n',
    '  namespace: data\n  annotations: { ignore.holdfast.dev/nope: "until 2027-01-01: x" }\n',
  );
  expect((await checked(text)).loaded.problems[0]?.message).toContain('there is no rule nope');
});

it('lets only new findings through a baseline, wherever lines move', async () => {
  const before = await checked(POSTGRES);
  const baseline = readBaseline(toBaseline(before.findings), 'baseline.json');
  const moved = await checked(`# a line more\n${POSTGRES}`, { baseline });
  expect(moved.findings).toEqual([]);
  expect(moved.suppressed).toHaveLength(before.findings.length);
  const worse = await checked(
    POSTGRES.replace('serviceName: db', 'serviceName: db\n  persistentVolumeClaimRetentionPolicy: { whenDeleted: Delete }'),
    { baseline },
  );
  expect(rulesIn(worse)).toEqual(['claims-deleted-with-set']);
  expect(() => readBaseline('{}', 'b.json')).toThrow('b.json is no baseline of version 1');
});

it('runs rules of one’s own over the graph', async () => {
  const text = `
rules:
  - id: five-members
    expression: workload.replicas >= 5
    messageExpression: "'has ' + string(workload.replicas) + ' members, wants 5'"
    severity: error
  - id: retained
    expression: workload.storage.all(s, s.class.reclaimPolicy == 'Retain')
    message: keeps its data in a class that deletes
`;
  const own = await config(text);
  const classes = (policy: string): string =>
    `---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: { name: fast }\nprovisioner: x\nreclaimPolicy: ${policy}\n`;
  const result = await checked(POSTGRES + classes('Retain'), { rules: compileCustomRules(own.rules), config: own });
  expect(result.findings.map(({ rule, severity, message }) => [rule, severity, message])).toEqual([
    ['five-members', 'error', 'StatefulSet data/db: has 2 members, wants 5'],
  ]);
  expect(rulesIn(await checked(POSTGRES + classes('Delete'), { rules: compileCustomRules(own.rules) }))).toEqual([
    'five-members',
    'retained',
  ]);
  // A class that is not there: the expression cannot be evaluated, which is no pass.
  const [, unknown] = (await checked(POSTGRES, { rules: compileCustomRules(own.rules) })).findings;
  expect(unknown).toMatchObject({ confidence: 'low', message: expect.stringContaining('the expression fails') });
});

it('refuses an expression that does not compile, with the words of CEL', async () => {
  const rules = async (expression: string) => (await config(`rules: [{ id: own, message: m, expression: '${expression}' }]`)).rules;
  const broken = await rules('workload.replicas >');
  expect(() => compileCustomRules(broken)).toThrow(/^rule own, expression: /);
  const unknown = await rules('nobody.name == ""');
  expect(() => compileCustomRules(unknown)).toThrow(/undeclared reference|Unknown/i);
});

it('matches globs as a whole', async () => {
  expect(globMatcher('vendor/**')('vendor/a/b.yaml')).toBe(true);
  expect(globMatcher('**/test/*.yaml')('a/b/test/x.yaml')).toBe(true);
  expect(globMatcher('**/test/*.yaml')('test/x.yaml')).toBe(true);
  expect(globMatcher('*.yaml')('a/x.yaml')).toBe(false);
  fc.assert(
    fc.property(
      fc.string().filter((text) => !/[*?]/.test(text)),
      (text) => globMatcher(text)(text) && !globMatcher(text)(`${text}x`),
    ),
  );
});
