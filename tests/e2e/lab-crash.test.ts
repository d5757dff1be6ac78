// A lab's process dies without a word: the next `up` or `down` leaves no orphan.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, systemClock } from '@holdfast/clock';
import { describe, expect, it } from 'vitest';
import { hasKubectl, makeHome, program, startLab, type TestLab } from './harness.ts';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'sleeper' },
  spec: { containers: [{ name: 'c', image: 'cockroachdb/cockroach:v24.3.2', command: ['/bin/sh', '-c', 'sleep 1234'] }] },
};

describe.skipIf(!hasKubectl())('a lab that crashed', { timeout: 120_000 }, () => {
  it('leaves no process to the next up, which starts its pods anew', async () => {
    await using lab = await startLab('crash');
    await startSleeper(lab);
    killLab(lab);
    const orphans = podProcesses(lab);
    expect(orphans.length).toBeGreaterThan(0);
    expect((await lab.home.holdfast(['lab', 'list'])).stdout).toMatch(/crash +stopped/);
    const again = await lab.home.holdfast(['lab', 'up', '--name', 'crash']);
    expect(again.code, again.stderr).toBe(0);
    expect(podProcesses(lab).filter((pid) => orphans.includes(pid))).toEqual([]);
    await lab.kubectl('wait', '--for=jsonpath={.status.containerStatuses[0].restartCount}=1', 'pod/sleeper', '--timeout=60s');
  });

  it('is cleaned up by down', async () => {
    await using lab = await startLab('crash');
    await startSleeper(lab);
    killLab(lab);
    const down = await lab.home.holdfast(['lab', 'down', '--name', 'crash']);
    expect(down.code, down.stderr).toBe(0);
    expect(podProcesses(lab)).toEqual([]);
    expect((await lab.home.holdfast(['lab', 'list'])).stdout).toContain('There are no labs.');
  });
});

describe('a lab whose maker is killed while it starts', { timeout: 60_000 }, () => {
  it('ends, and leaves its name to the next one', async () => {
    await using home = makeHome();
    const maker = spawn(process.execPath, [program, 'lab', 'up', '--name', 'cut'], {
      env: { ...process.env, HOLDFAST_HOME: home.path },
      stdio: 'ignore',
    });
    const folder = join(home.path, 'labs', 'cut');
    while (daemonsOf(folder).length === 0) await sleep(systemClock(), 5);
    const gone = once(maker, 'exit');
    maker.kill('SIGKILL');
    await gone;
    expect(existsSync(join(folder, 'running.json')), 'it was still starting').toBe(false);
    // It is no child of the test, so there is no event to wait for.
    while (daemonsOf(folder).length > 0) await sleep(systemClock(), 20);
    const again = await home.holdfast(['lab', 'up', '--name', 'cut']);
    expect(again.code, again.stderr).toBe(0);
  });
});

/** Lab processes of a folder. */
function daemonsOf(folder: string): readonly number[] {
  return processesWith('cmdline', `--folder\0${folder}\0`);
}

async function startSleeper(lab: TestLab): Promise<void> {
  const created = await lab.tryKubectl(['create', '-f', '-'], { input: JSON.stringify(POD) });
  expect(created.code, created.stderr).toBe(0);
  await lab.kubectl('wait', '--for=condition=Ready', 'pod/sleeper', '--timeout=30s');
}

function killLab(lab: TestLab): void {
  const { pid } = JSON.parse(readFileSync(join(lab.home.path, 'labs', lab.name, 'running.json'), 'utf8')) as { readonly pid: number };
  process.kill(pid, 'SIGKILL');
}

/** Processes whose container root is below the lab's folder. */
function podProcesses(lab: TestLab): readonly number[] {
  return processesWith('environ', `HOLDFAST_CONTAINER_ROOT=${lab.home.path}`);
}

/** Processes of this machine with a text in their command line or their environment. */
function processesWith(file: 'cmdline' | 'environ', text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => {
      try {
        return readFileSync(`/proc/${entry}/${file}`, 'utf8').includes(text);
      } catch {
        // It ended between the two looks, or belongs to somebody else.
        return false;
      }
    })
    .map(Number);
}
