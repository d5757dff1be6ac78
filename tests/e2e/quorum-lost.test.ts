// Two of three database processes are killed: nothing is acknowledged until they are back, and nothing acknowledged is lost.
import { describe, expect, it } from 'vitest';
import { hasKubectl, input, inputs, startLab, type TestLab } from './harness.ts';
import { join } from 'node:path';

describe.skipIf(!hasKubectl())('a lost quorum', { timeout: 240_000 }, () => {
  it('stops acknowledgements, says so, and resumes with every acknowledged row', async () => {
    await using lab = await startLab('data-lab');
    await lab.kubectl('apply', '-f', join(inputs, 'local-storage.yaml'));
    const manifests = await lab.home.holdfast(['install', 'operator']);
    await lab.tryKubectl(['apply', '-f', '-'], { input: manifests.stdout });
    await lab.kubectl('apply', '-f', join(inputs, 'cockroachdb-cluster.yaml'));
    await lab.kubectl('wait', '--for=condition=Initialized', 'crdbcluster/cockroachdb', '--timeout=120s');
    await lab.kubectl('rollout', 'status', 'statefulset/cockroachdb', '--timeout=120s');
    await lab.tryKubectl(['exec', '-i', 'cockroachdb-0', '--', 'cockroach', 'sql', '--insecure'], { input: input('test-data.sql') });

    // The agent restarts what is killed at once, so the processes are stopped in their tracks instead: a machine that hangs.
    const [one, two] = [await databaseProcess(lab, 'cockroachdb-1'), await databaseProcess(lab, 'cockroachdb-2')];
    for (const pid of [one, two]) process.kill(pid, 'SIGSTOP');
    const refused = await insert(lab, 'lost-quorum');
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).toMatch(/quorum|replica unavailable|result is ambiguous/i);

    for (const pid of [one, two]) process.kill(pid, 'SIGKILL');
    await lab.kubectl('wait', '--for=condition=Ready', 'pod', '-l', 'app.kubernetes.io/name=cockroachdb', '--timeout=90s');
    await expect.poll(async () => (await insert(lab, 'resumed')).code, { timeout: 30_000, interval: 1_000 }).toBe(0);
    const rows = await lab.kubectl(
      'exec',
      'cockroachdb-1',
      '--',
      'cockroach',
      'sql',
      '--insecure',
      '--format=csv',
      '-e',
      'SELECT sensor_name FROM testdb.sensors',
    );
    for (const name of ['temp-1', 'temp-2', 'pressure-1', 'humidity-1', 'temp-3', 'resumed']) expect(rows).toContain(name);
    const restarts = await lab.kubectl('get', 'pod', 'cockroachdb-1', '-o', 'jsonpath={.status.containerStatuses[0].restartCount}');
    expect(Number(restarts)).toBe(1);
  });
});

/** The process number of the database, which runs on this machine. */
async function databaseProcess(lab: TestLab, pod: string): Promise<number> {
  // The brackets keep the shell that searches from finding itself, whose command names the program as well.
  const pid = await lab.kubectl(
    'exec',
    pod,
    '--',
    '/bin/sh',
    '-c',
    'for d in /proc/[0-9]*; do if tr "\\0" "\\n" < $d/environ 2>/dev/null | grep -qx "HOLDFAST_POD_IP=$HOLDFAST_POD_IP" && tr "\\0" " " < $d/cmdline | grep -q "cockroach.mjs star[t]"; then echo ${d#/proc/}; fi; done',
  );
  const found = pid.trim().split('\n').map(Number);
  expect(found).toHaveLength(1);
  return found[0] ?? 0;
}

function insert(lab: TestLab, name: string): ReturnType<TestLab['tryKubectl']> {
  return lab.tryKubectl(
    [
      'exec',
      'cockroachdb-0',
      '--',
      'cockroach',
      'sql',
      '--insecure',
      '-e',
      `INSERT INTO testdb.sensors (sensor_name, reading) VALUES ('${name}', 1.0)`,
    ],
    { timeoutMs: 60_000 },
  );
}
