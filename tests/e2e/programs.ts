// Parts of a lab's control plane as programs of their own, started as a user starts them.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { sleep, systemClock } from '@holdfast/clock';
import { expect } from 'vitest';
import { program, shellBundle, type TestLab } from './harness.ts';

/** How long a program may take to end. */
const PATIENCE_MS = 15_000;

/** A program of the control plane, with what it has said. */
export interface Part extends AsyncDisposable {
  readonly child: ChildProcess;
  log(): string;
}

/** Starts a part of the lab's control plane with a kubeconfig of its own. */
export async function startPart(lab: TestLab, part: string, kind: string, ...flags: readonly string[]): Promise<Part> {
  const printed = await lab.home.holdfast(['lab', 'kubeconfig', '--name', lab.name, '--for', part]);
  expect(printed.code, printed.stderr).toBe(0);
  const kubeconfig = join(lab.home.path, `${part.replace('/', '-')}.kubeconfig`);
  writeFileSync(kubeconfig, printed.stdout, { mode: 0o600 });
  const child = spawn(process.execPath, [program, kind, '--kubeconfig', kubeconfig, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  return { child, log: () => said.join(''), [Symbol.asyncDispose]: () => end(child) };
}

/** Starts the agent of node `n<index>`, with the shell's bundle. */
export async function startAgent(lab: TestLab, index: number, ...flags: readonly string[]): Promise<Part> {
  const { block, dns } = JSON.parse(readFileSync(join(lab.home.path, 'labs', lab.name, 'running.json'), 'utf8')) as {
    readonly block: number;
    readonly dns: string;
  };
  const name = `n${index}`;
  const addresses = ['--node-ip', `127.${block}.0.${index}`, '--pod-cidr', `127.${block}.${index}.0/24`, '--cluster-dns', dns];
  const folders = ['--state-dir', join(lab.home.path, 'agents', name), '--bundle', shellBundle(lab.home.path)];
  return startPart(lab, `node/${name}`, 'agent', '--node-name', name, ...addresses, ...folders, ...flags);
}

/** In order: an agent that is killed leaves its pods' processes behind. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  const late = new AbortController();
  child.kill('SIGTERM');
  child.kill('SIGCONT');
  sleep(systemClock(), PATIENCE_MS, late.signal).then(
    () => child.kill('SIGKILL'),
    () => undefined,
  );
  await exit;
  late.abort();
}
