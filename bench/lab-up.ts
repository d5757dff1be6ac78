// How long `holdfast lab up` takes with four nodes, from the command to all nodes Ready, and what the idle lab's process weighs.
// Run: npm run bench -- lab-up
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Clock, sleep } from '@holdfast/clock';

const program = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist', 'holdfast.mjs');
/** Time for the lab to have done what it does after the start. */
const IDLE_AFTER_MS = 5_000;

export interface LabUpFigures {
  readonly helpMs: number;
  readonly upMs: number;
  readonly idleMiB: number;
}

/** One start and stop of a lab. */
export async function labUpFigures(clock: Clock): Promise<LabUpFigures> {
  const home = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const timed = (args: readonly string[]): number => {
    const started = clock.now();
    const result = spawnSync(process.execPath, [program, ...args], { env: { ...process.env, HOLDFAST_HOME: home }, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`holdfast ${args.join(' ')} failed: ${result.stderr}`);
    return clock.now() - started;
  };
  try {
    const helpMs = timed(['--help']);
    const upMs = timed(['lab', 'up', '--name', 'bench']);
    await sleep(clock, IDLE_AFTER_MS);
    const { pid } = JSON.parse(readFileSync(join(home, 'labs', 'bench', 'running.json'), 'utf8')) as { readonly pid: number };
    const kib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    timed(['lab', 'down', '--name', 'bench']);
    return { helpMs, upMs, idleMiB: Math.round(kib / 1024) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
