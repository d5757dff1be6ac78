// `holdfast check` on a running cluster, as a reader who has the role of docs/checks.md and nothing else: ten planted mistakes are found.
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasKubectl, type Output, root, startLab, type TestLab } from './harness.ts';

/** What docs/checks.md tells to apply, as it stands there. */
const ROLE = /```yaml\n(apiVersion: rbac[\s\S]*?)```/.exec(readFileSync(join(root, 'docs/checks.md'), 'utf8'))?.[1] ?? '';

const EXPECTED: readonly (readonly [rule: string, workload: string, object: string])[] = [
  ['reclaim-delete', 'StatefulSet shop/orders', 'StorageClass cheap'],
  ['immediate-binding', 'StatefulSet shop/stock', 'StorageClass zonal'],
  ['one-instance-on-local-volume', 'StatefulSet shop/ledger', 'StatefulSet shop/ledger'],
  ['cpu-limit', 'StatefulSet shop/prices', 'StatefulSet shop/prices'],
  ['empty-dir-for-state', 'StatefulSet shop/queue', 'StatefulSet shop/queue'],
  ['short-grace-period', 'StatefulSet shop/events', 'StatefulSet shop/events'],
  ['shared-claim', 'Deployment shop/wiki', 'Deployment shop/wiki'],
  ['budget-breaks-quorum', 'StatefulSet shop/locks', 'PodDisruptionBudget shop/locks'],
  ['even-quorum', 'StatefulSet shop/locks', 'StatefulSet shop/locks'],
  ['claims-deleted-with-set', 'StatefulSet shop/search', 'StatefulSet shop/search'],
];

/** What `--json` prints, as far as it is looked at here. */
interface Printed {
  readonly findings: readonly { readonly rule: string; readonly workload: string; readonly object: string; readonly file: string }[];
  readonly problems: readonly { readonly message: string }[];
  readonly notRun: readonly { readonly rule: string; readonly lacks: readonly string[] }[];
}

describe.skipIf(!hasKubectl())('a check of a running cluster', { timeout: 180_000 }, () => {
  let lab: TestLab;
  let reader: string;

  beforeAll(async () => {
    lab = await startLab('live');
    await lab.kubectl('create', 'namespace', 'shop');
    await lab.kubectl('apply', '-n', 'shop', '-f', join(import.meta.dirname, 'check-live/planted.yaml'));
    const applied = await lab.tryKubectl(['apply', '-f', '-'], { input: ROLE });
    if (applied.code !== 0 || applied.stderr !== '') throw new Error(`the documented role is not accepted: ${applied.stderr}`);
    reader = await kubeconfigOf('holdfast-check');
  }, 180_000);
  afterAll(() => lab[Symbol.asyncDispose]());

  /** A ServiceAccount bound to a role, and a kubeconfig that has its token and nothing else. */
  async function kubeconfigOf(role: string): Promise<string> {
    await lab.kubectl('create', 'serviceaccount', role, '-n', 'default');
    await lab.kubectl('create', 'clusterrolebinding', role, `--clusterrole=${role}`, `--serviceaccount=default:${role}`);
    const token = (await lab.kubectl('create', 'token', role, '-n', 'default')).trim();
    const folder = join(lab.home.path, role);
    mkdirSync(folder);
    const file = join(folder, 'kubeconfig');
    copyFileSync(lab.kubeconfig, file);
    const config = (...args: readonly string[]): Promise<string> => lab.kubectl('config', `--kubeconfig=${file}`, ...args);
    const [user = ''] = (await config('get-users')).split('\n').slice(1);
    await config('delete-user', user);
    await config('set-credentials', 'reader', `--token=${token}`);
    await config('set-context', '--current', '--user=reader');
    await config('rename-context', (await config('current-context')).trim(), 'prod');
    return file;
  }

  function check(kubeconfig: string, ...args: readonly string[]): Promise<Output> {
    return lab.home.holdfast(['check', '--kubeconfig', kubeconfig, '--no-config', ...args]);
  }

  it('finds all ten, with the right objects, by lists alone', async () => {
    const { code, stdout, stderr } = await check(reader, '--context', 'prod', '--json');
    expect(stderr).toBe('');
    expect(code).toBe(1);
    const { findings, problems, notRun } = JSON.parse(stdout) as Printed;
    expect(problems).toEqual([]);
    expect(notRun).toEqual([]);
    const found = findings.map(({ rule, workload, object }) => [rule, workload, object]);
    for (const one of EXPECTED) expect(found).toContainEqual(one);
    expect(findings.every(({ file }) => file === 'context/prod')).toBe(true);
    // And the reader may do nothing else.
    for (const verb of ['get', 'watch', 'create', 'delete'])
      expect((await lab.tryKubectl(['--kubeconfig', reader, 'auth', 'can-i', verb, 'statefulsets', '-A'])).stdout.trim()).toBe('no');
    expect((await lab.tryKubectl(['--kubeconfig', reader, 'get', 'secrets', '-A'])).code).toBe(1);
  });

  it('prints for people where no form is asked for, from the current context', async () => {
    const { code, stdout } = await check(reader);
    expect(code).toBe(1);
    expect(stdout).toContain('StatefulSet shop/ledger (postgresql)\n');
    expect(stdout).toMatch(/error one-instance-on-local-volume: /);
  });

  it('checks what it may list, and says what it could not', async () => {
    const narrow = ROLE.replace('name: holdfast-check', 'name: narrow')
      .replace('persistentvolumes, ', '')
      .replace('[storageclasses]', '[csidrivers]');
    expect((await lab.tryKubectl(['apply', '-f', '-'], { input: narrow })).code).toBe(0);
    const { code, stdout } = await check(await kubeconfigOf('narrow'), '--json');
    expect(code).toBe(2);
    const { findings, problems, notRun } = JSON.parse(stdout) as Printed;
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^persistentvolumes could not be listed: .*system:serviceaccount:default:narrow/),
      expect.stringMatching(/^storageclasses\.storage\.k8s\.io could not be listed: /),
    ]);
    expect(notRun.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['reclaim-delete', 'immediate-binding', 'one-instance-on-local-volume']),
    );
    const unable = new Set(notRun.map(({ rule }) => rule));
    for (const [rule, workload] of EXPECTED)
      expect(findings.some((one) => one.rule === rule && one.workload === workload)).toBe(!unable.has(rule));
  });

  it('lists what it can where it may not ask what there is', async () => {
    await lab.kubectl('delete', 'clusterrolebinding', 'system:discovery');
    const { code, stdout } = await check(reader, '--json');
    expect(code).toBe(2);
    const { findings, problems } = JSON.parse(stdout) as Printed;
    expect(problems[0]?.message).toMatch(/^the server does not say which kinds it has \(.*forbidden/);
    for (const [rule, workload] of EXPECTED) expect(findings.some((one) => one.rule === rule && one.workload === workload)).toBe(true);
  });

  it('says what is wrong with a kubeconfig or a token, in a sentence', async () => {
    const sentence = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await lab.home.holdfast(['check', '--no-config', ...args]);
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr.trim().split('\n')).toHaveLength(1);
      return stderr;
    };
    const without = join(lab.home.path, 'without-context');
    copyFileSync(reader, without);
    await lab.kubectl('config', `--kubeconfig=${without}`, 'unset', 'current-context');
    expect(await sentence('--kubeconfig', without)).toMatch(/no current-context in .*without-context: name a context/);
    expect(await sentence('--kubeconfig', without, '--context', 'nowhere')).toContain('nowhere');
    expect(await sentence('--kubeconfig', join(lab.home.path, 'absent'))).toContain('absent');
    await lab.kubectl('config', `--kubeconfig=${without}`, 'set-credentials', 'reader', '--token=made-up');
    expect(await sentence('--kubeconfig', without, '--context', 'prod')).toMatch(/Unauthorized/);
  });
});
