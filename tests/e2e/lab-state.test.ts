// A lab's state outlives its process, however that ends, and can be taken along as one file.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, systemClock } from '@holdfast/clock';
import { describe, expect, it } from 'vitest';
import { hasKubectl, makeHome, shellBundle, startLab, type TestLab } from './harness.ts';

const RETRY_MS = 500;

/** Counts its starts on a disk of its node, and then waits. */
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'counter' },
  spec: {
    terminationGracePeriodSeconds: 1,
    volumes: [{ name: 'disk', hostPath: { path: '/mnt/disks/ssd0' } }],
    containers: [
      {
        name: 'c',
        image: 'test/shell:1',
        command: [
          '/bin/sh',
          '-c',
          'echo start >> $HOLDFAST_CONTAINER_ROOT/disk/starts; wc -l < $HOLDFAST_CONTAINER_ROOT/disk/starts; sleep 1234',
        ],
        volumeMounts: [{ name: 'disk', mountPath: '/disk' }],
      },
    ],
  },
};

describe.skipIf(!hasKubectl())("a lab's state", { timeout: 120_000 }, () => {
  it('is there again after kill -9: objects, certificates, addresses, data; pods run again', async () => {
    const home = makeHome();
    await using lab = await startLab('phoenix', { home, bundle: shellBundle(home.path) });
    await lab.tryKubectl(['create', '-f', '-'], { input: JSON.stringify(POD) });
    await lab.kubectl('wait', '--for=condition=Ready', 'pod/counter', '--timeout=30s');
    const before = { running: runningOf(lab), kubeconfig: readFileSync(lab.kubeconfig, 'utf8'), nodes: await uidsOf(lab, 'nodes') };
    // Acknowledged, and then nothing more: what the lab said yes to must be there.
    for (let index = 0; index < 5; index++) await lab.kubectl('create', 'configmap', `kept-${index}`, `--from-literal=index=${index}`);
    process.kill(before.running.pid, 'SIGKILL');

    await upAgain(lab, 'phoenix');
    expect(readFileSync(lab.kubeconfig, 'utf8')).toBe(before.kubeconfig);
    expect(runningOf(lab)).toMatchObject({ server: before.running.server, block: before.running.block });
    expect(await uidsOf(lab, 'nodes')).toEqual(before.nodes);
    const maps = await lab.kubectl('get', 'configmaps', '-o', 'jsonpath={.items[*].data.index}');
    expect(maps).toBe('0 1 2 3 4');
    await lab.kubectl('wait', '--for=jsonpath={.status.containerStatuses[0].restartCount}=1', 'pod/counter', '--timeout=60s');
    await lab.kubectl('wait', '--for=condition=Ready', 'pod/counter', '--timeout=30s');
    expect((await lab.kubectl('logs', 'counter')).trim()).toBe('2');
  });

  it('stays when the lab is stopped, and goes when it is ended', async () => {
    await using lab = await startLab('nap');
    await lab.kubectl('create', 'configmap', 'kept');
    const stopped = await lab.home.holdfast(['lab', 'stop', '--name', 'nap']);
    expect(stopped.code, stopped.stderr).toBe(0);
    expect((await lab.home.holdfast(['lab', 'list'])).stdout).toMatch(/nap +stopped/);
    await upAgain(lab, 'nap');
    expect(await lab.kubectl('get', 'configmap', 'kept', '-o', 'name')).toBe('configmap/kept\n');
    expect((await lab.home.holdfast(['lab', 'down', '--name', 'nap'])).code).toBe(0);
    expect(readdirSync(join(lab.home.path, 'labs'))).toEqual([]);
  });

  it('is saved while the lab runs, and restored into a stopped and into a new one', async () => {
    await using lab = await startLab('origin');
    const file = join(lab.home.path, 'origin.snapshot');
    const holdfast = async (...args: readonly string[]): Promise<string> => {
      const output = await lab.home.holdfast(args);
      expect(output.code, output.stderr).toBe(0);
      return output.stderr;
    };
    await lab.kubectl('create', 'configmap', 'before');
    expect(await holdfast('lab', 'snapshot', 'save', file, '--name', 'origin')).toMatch(/at revision \d+/);
    await lab.kubectl('create', 'configmap', 'after');
    const refused = await lab.home.holdfast(['lab', 'snapshot', 'restore', file, '--name', 'origin']);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('already running');

    await holdfast('lab', 'stop', '--name', 'origin');
    await holdfast('lab', 'snapshot', 'restore', file, '--name', 'origin');
    await upAgain(lab, 'origin');
    expect(await lab.kubectl('get', 'configmaps', '-o', 'name')).toBe('configmap/before\nconfigmap/kube-root-ca.crt\n');
    await holdfast('lab', 'down', '--name', 'origin');

    await holdfast('lab', 'snapshot', 'restore', file, '--name', 'copy');
    await upAgain(lab, 'copy');
    const kubeconfig = join(lab.home.path, 'labs', 'copy', 'kubeconfig');
    const found = await lab.tryKubectl(['--kubeconfig', kubeconfig, 'get', 'configmap', 'before', '-o', 'name']);
    expect(found.stdout, found.stderr).toBe('configmap/before\n');
    const nodes = await lab.tryKubectl(['--kubeconfig', kubeconfig, 'get', 'nodes', '-o', 'name']);
    expect(nodes.stdout).toContain('node/origin-worker\n');
  });

  it('is not made of a file that is none', async () => {
    await using home = makeHome();
    const output = await home.holdfast(['lab', 'snapshot', 'restore', process.execPath, '--name', 'none']);
    expect(output.code).not.toBe(0);
    expect(output.stderr).toContain('is no snapshot of a lab');
    expect((await home.holdfast(['lab', 'list'])).stdout).toContain('There are no labs.');
  });
});

/** A lab that does not run holds no addresses: the lab of a test beside this one may have taken them, and gives them back at its end. */
async function upAgain({ home }: TestLab, name: string): Promise<void> {
  const clock = systemClock();
  let output = await home.holdfast(['lab', 'up', '--name', name]);
  while (output.stderr.includes('are taken by another lab')) {
    await sleep(clock, RETRY_MS);
    output = await home.holdfast(['lab', 'up', '--name', name]);
  }
  expect(output.code, output.stderr).toBe(0);
}

interface Running {
  readonly pid: number;
  readonly server: string;
  readonly block: number;
}

function runningOf(lab: TestLab): Running {
  return JSON.parse(readFileSync(join(lab.home.path, 'labs', lab.name, 'running.json'), 'utf8')) as Running;
}

async function uidsOf(lab: TestLab, resource: string): Promise<string> {
  return lab.kubectl('get', resource, '-o', 'jsonpath={.items[*].metadata.uid}');
}
