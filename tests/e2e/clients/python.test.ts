// Debian's python3-kubernetes (22.6) against a lab, over TLS: informers, leader election, patches, exec.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { has, makeHome, root, shellBundle, startLab, type TestLab } from '../harness.ts';
import { relayTo, SHELL } from './relay.ts';

/** Debian's own: others do not see its packages. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = join(root, 'tests', 'e2e', 'clients', 'client.py');
const present = has(PYTHON, ['-c', 'import kubernetes'], 'python3-kubernetes is missing, its client is not tested');

interface Script extends Disposable {
  /** What it has said so far. */
  lines(): readonly string[];
  /** Resolves with its exit code and what it complained of. */
  readonly ended: Promise<{ readonly code: number; readonly stderr: string }>;
}

function start(part: string, kubeconfig: string): Script {
  const child = spawn(PYTHON, [SCRIPT, part], { env: { ...process.env, KUBECONFIG: kubeconfig }, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return {
    lines: () => stdout.split('\n').slice(0, -1),
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ code: code ?? -1, stderr }));
    }),
    [Symbol.dispose]: () => child.kill('SIGKILL'),
  };
}

describe.skipIf(!present)('python3-kubernetes', { timeout: 60_000 }, () => {
  let lab: TestLab;
  beforeAll(async () => {
    const home = makeHome();
    lab = await startLab('python', { home, bundle: shellBundle(home.path) });
  }, 60_000);
  afterAll(() => lab[Symbol.asyncDispose](), 30_000);

  /** All that a part of the script says; it must end well. */
  async function said(part: string): Promise<readonly string[]> {
    using script = start(part, lab.kubeconfig);
    const { code, stderr } = await script.ended;
    expect(code, stderr).toBe(0);
    return script.lines();
  }

  it('lists and watches, also when its connection breaks off', async () => {
    await using relay = await relayTo(lab);
    const create = async (name: string): Promise<void> => {
      await lab.kubectl('create', 'configmap', name);
      await lab.kubectl('label', 'configmap', name, 'watched=yes');
    };
    await create('before');
    using script = start('inform', relay.kubeconfig);
    await expect.poll(() => script.lines(), { timeout: 20_000 }).toEqual(['listed before', 'watching']);
    await create('one');
    await expect.poll(() => script.lines(), { timeout: 20_000 }).toContain('added one');
    relay.cut();
    await create('two');
    await lab.kubectl('delete', 'configmap', 'one');
    await expect.poll(() => script.lines(), { timeout: 20_000 }).toEqual(expect.arrayContaining(['broken', 'added two', 'deleted one']));
    await create('end');
    expect((await script.ended).code).toBe(0);
    expect(script.lines().filter((line) => / (one|two|end)$/.test(line))).toEqual(['added one', 'added two', 'deleted one', 'added end']);
  });

  it('elects a leader, and another one when the first has ended', async () => {
    expect(await said('elect')).toEqual(['first tries True second tries False', 'first again True', 'leads b']);
  });

  it('patches in four ways', async () => {
    expect(await said('patch')).toEqual(['json 3', 'strategic d c', 'merge 4 3', 'apply 409', 'forced 5']);
  });

  it('runs commands in a container', async () => {
    await lab.tryKubectl(['create', '-f', '-'], { input: JSON.stringify(SHELL) });
    await lab.kubectl('wait', '--for=condition=Ready', 'pod/shell', '--timeout=30s');
    const lines = await said('execute');
    expect(lines[0]).toMatch(/^out '(out\\nerr\\n|err\\nout\\n)'$/);
    expect(lines[1]).toBe(`apart 'one\\n' 'two\\n' 7`);
  });
});
