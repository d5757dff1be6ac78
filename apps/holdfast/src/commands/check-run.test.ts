import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@holdfast/clock';
import { afterAll, describe, expect, it } from 'vitest';
import type { Environment } from '../environment.ts';
import type { CheckOptions } from './check-options.ts';
import { runCheck } from './check-run.ts';

const BAD = `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: ebs.csi.aws.com
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: orders, namespace: data}
spec: {instances: 3, storage: {size: 1Gi, storageClass: fast}}
`;

const ROOT = mkdtempSync(join(tmpdir(), 'holdfast-check-'));
afterAll(() => rmSync(ROOT, { recursive: true }));

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

function run(text: string, options: Partial<CheckOptions> = {}): Promise<Outcome> {
  const file = join(mkdtempSync(join(ROOT, 'check-')), 'deploy.yaml');
  writeFileSync(file, text);
  return runOn(options.list || options.explain ? [] : [file], options);
}

async function runOn(paths: readonly string[], options: Partial<CheckOptions>): Promise<Outcome> {
  const written = { out: '', err: '' };
  const stream = (to: 'out' | 'err'): NodeJS.WriteStream =>
    ({ write: (part: string) => Boolean((written[to] += part)) }) as NodeJS.WriteStream;
  const environment: Environment = { programFolder: '', env: {}, clock: new FakeClock(), stdout: stream('out'), stderr: stream('err') };
  const status = await runCheck(environment, paths, {
    failOn: 'warning',
    config: false,
    ...options,
  });
  return { status, ...written };
}

it('fails on findings, shows the line, and gives in to --fail-on', async () => {
  const { status, out } = await run(BAD);
  expect(status).toBe(1);
  expect(out).toContain('Cluster data/orders (postgresql)\n  error reclaim-delete: ');
  expect(out).toContain('3 | metadata: {name: fast}');
  expect((await run(BAD, { failOn: 'never' })).status).toBe(0);
  expect((await run(BAD.replace('provisioner', 'reclaimPolicy: Retain\nprovisioner'), { failOn: 'error' })).status).toBe(0);
});

it('says 2 when something could not be checked, and still prints what was found', async () => {
  const { status, out } = await run(`${BAD}---\na: "x\n`);
  expect(status).toBe(2);
  expect(out).toContain('reclaim-delete');
  expect(out).toMatch(/not checked: .*deploy\.yaml:1\d:\d+ is not YAML/);
  expect((await run('# nothing\n')).status).toBe(2);
});

it('prints JSON with places and evidence', async () => {
  const { findings } = JSON.parse((await run(BAD, { json: true })).out) as { findings: readonly Record<string, unknown>[] };
  const own = findings.filter(({ rule }) => rule === 'reclaim-delete');
  expect(own).toMatchObject([
    { rule: 'reclaim-delete', severity: 'error', object: 'StorageClass fast', line: 3, column: 12, workload: 'Cluster data/orders' },
  ]);
  expect(own[0]?.['evidence']).toMatchObject([
    { object: 'Cluster data/orders', path: 'spec.storage', line: 10 },
    { object: 'StorageClass fast' },
  ]);
});

it('names files below the current folder as seen from there, so that reports and patches fit the repository', async () => {
  const below = 'packages/advise/src/rules/reclaim-delete/examples/bad-unsaid.yaml';
  for (const path of [join(process.cwd(), below), below, `./${below}`]) {
    expect((await runOn([path], { github: true })).out).toContain(`::error file=${below},`);
    expect((await runOn([path], { fix: true })).out).toContain(`--- a/${below}\n`);
  }
});

it('lists and explains rules, and refuses unknown ones', async () => {
  expect((await run('', { list: true })).out).toContain('reclaim-delete  error  ');
  expect((await run('', { explain: 'reclaim-delete' })).out).toContain('Retain keeps the volume');
  expect(await run('', { explain: 'nope' })).toMatchObject({ status: 2, err: expect.stringContaining('there is no rule nope') });
});

it('writes every form of report to its file, and the text besides', async () => {
  const folder = mkdtempSync(join(ROOT, 'reports-'));
  const files = { sarif: join(folder, 'a.sarif'), junit: join(folder, 'a.xml'), html: join(folder, 'a.html') };
  const { out } = await run(BAD, files);
  expect(out).toContain('error reclaim-delete');
  expect((JSON.parse(readFileSync(files.sarif, 'utf8')) as { version: string }).version).toBe('2.1.0');
  expect(readFileSync(files.junit, 'utf8')).toContain('<failure type="error"');
  expect(readFileSync(files.html, 'utf8')).toMatch(/^<!doctype html>/);
  expect((await run(BAD, { github: true })).out).toMatch(/^::error file=/);
  const sarif = JSON.parse((await run(BAD, { sarif: '-' })).out) as { runs: readonly unknown[] };
  expect(sarif.runs).toHaveLength(1);
});

it('heeds a config file, a baseline and rules of its own, and refuses a broken one', async () => {
  const folder = mkdtempSync(join(ROOT, 'config-'));
  const config = join(folder, 'holdfast.yaml');
  writeFileSync(config, 'baseline: known.json\n');
  expect((await run(BAD, { config })).err).toContain('known.json cannot be read');
  expect((await run(BAD, { config, writeBaseline: join(folder, 'known.json') })).status).toBe(0);
  expect(await run(BAD, { config })).toMatchObject({ status: 0, out: expect.stringContaining('suppressed') });
  writeFileSync(config, 'severities: { nope: off }\n');
  expect(await run(BAD, { config })).toMatchObject({ status: 2, err: expect.stringContaining('there is no rule nope') });
  writeFileSync(config, 'rules: [{ id: named, expression: "workload.name == \'x\'", message: wants another name, severity: error }]\n');
  expect((await run(BAD, { config })).out).toContain('error named: Cluster data/orders: wants another name');
  writeFileSync(config, 'exclude: ["**"]\n');
  expect((await run(BAD, { config })).status).toBe(2);
});

describe('--against', () => {
  const folder = mkdtempSync(join(ROOT, 'against-'));
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: folder, encoding: 'utf8' });

  it('finds what an update would do, against a folder and against a revision', async () => {
    const before = join(folder, 'before.yaml');
    writeFileSync(before, BAD.replace('size: 1Gi', 'size: 2Gi'));
    const found = await run(BAD, { against: before });
    expect(found.out).toContain('error shrinking-storage: storage of Cluster data/orders would shrink from 2Gi to 1Gi');
    expect((await run(BAD, { against: before, json: true })).out).toContain('"rule": "shrinking-storage"');
    expect((await run(BAD.replace('1Gi', '2Gi'), { against: before })).out).not.toContain('shrinking');
  });

  it('says what it looked for when it finds nothing of the name', async () => {
    const { status, err } = await run(BAD, { against: 'no-such-thing', kubeconfig: join(folder, 'none') });
    expect(status).toBe(2);
    expect(err).toContain('--against no-such-thing is no path, no revision of this repository, and as a context: ');
  });

  it('reads a revision of the repository in which it runs', async () => {
    git('init', '-q');
    writeFileSync(join(folder, 'deploy.yaml'), BAD.replace('size: 1Gi', 'size: 3Gi'));
    git('add', '.');
    git('commit', '-qm', 'before');
    writeFileSync(join(folder, 'deploy.yaml'), BAD);
    const here = process.cwd();
    process.chdir(folder);
    try {
      const { loadAgainst } = await import('./check-against.ts');
      const { objects } = await loadAgainst('HEAD', ['deploy.yaml'], undefined);
      expect(objects.map(({ kind }) => kind)).toEqual(['StorageClass', 'Cluster']);
      expect(objects[1]?.file).toMatch(/^[0-9a-f]{12}:deploy\.yaml$/);
      expect(JSON.stringify(objects[1]?.object)).toContain('3Gi');
    } finally {
      process.chdir(here);
    }
  });
});

it('prints a patch that git takes, and writes the same with --write', async () => {
  const folder = mkdtempSync(join(ROOT, 'fix-'));
  const file = join(folder, 'a.yaml');
  const text = BAD.replace('provisioner', '# the driver\nreclaimPolicy: Retain\nparameters: {encrypted: "true"}\nprovisioner');
  writeFileSync(file, text);
  const here = process.cwd();
  process.chdir(folder);
  try {
    const environment = (): { streams: { out: string; err: string }; environment: Environment } => {
      const streams = { out: '', err: '' };
      const stream = (to: 'out' | 'err'): NodeJS.WriteStream =>
        ({ write: (part: string) => Boolean((streams[to] += part)) }) as NodeJS.WriteStream;
      return { streams, environment: { programFolder: '', env: {}, clock: new FakeClock(), stdout: stream('out'), stderr: stream('err') } };
    };
    const printed = environment();
    await runCheck(printed.environment, ['a.yaml'], { failOn: 'warning', config: false, fix: true });
    expect(readFileSync(file, 'utf8')).toBe(text);
    execFileSync('git', ['apply', '--unsafe-paths', '-'], { cwd: folder, input: printed.streams.out });
    const patched = readFileSync(file, 'utf8');
    expect(patched).toContain('allowVolumeExpansion: true');
    expect(patched).toContain('# the driver\n');
    writeFileSync(file, text);
    await runCheck(environment().environment, ['a.yaml'], { failOn: 'warning', config: false, fix: true, write: true });
    expect(readFileSync(file, 'utf8')).toBe(patched);
  } finally {
    process.chdir(here);
  }
  expect((await run(BAD, { write: true })).err).toContain('--write goes with --fix');
});
