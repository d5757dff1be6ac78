// The exercise as a user types it, with unmodified kubectl.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasKubectl, input, inputs, startLab, type TestLab } from './harness.ts';

const CRDB = 'app.kubernetes.io/name=cockroachdb';

describe.skipIf(!hasKubectl())('the exercise typed by hand', { timeout: 180_000 }, () => {
  let lab: TestLab;
  let node = '';
  const disks = mkdtempSync(join(tmpdir(), 'holdfast-disks-'));

  beforeAll(async () => {
    // The configuration as it is, but for the disks: tests must not share a folder with the user's own exercise.
    const config = join(disks, 'kind-config.yaml');
    writeFileSync(config, input('kind-config.yaml').replaceAll('/tmp/cockroachdb', disks));
    lab = await startLab('data-lab', { config });
  }, 60_000);

  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
    rmSync(disks, { recursive: true, force: true });
  }, 90_000);

  it("1: the nodes have kind's names and are Ready", async () => {
    const lines = (await lab.kubectl('get', 'nodes')).trim().split('\n');
    expect(lines[0]).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION$/);
    expect(lines.slice(1).map((line) => line.split(/ +/).slice(0, 3))).toEqual([
      ['data-lab-control-plane', 'Ready', 'control-plane'],
      ['data-lab-worker', 'Ready', '<none>'],
      ['data-lab-worker2', 'Ready', '<none>'],
      ['data-lab-worker3', 'Ready', '<none>'],
    ]);
  });

  it('2: the local volumes are Available', async () => {
    const applied = await lab.kubectl('apply', '-f', join(inputs, 'local-storage.yaml'));
    expect(applied.trim().split('\n')).toEqual([
      'storageclass.storage.k8s.io/local-nvme created',
      'persistentvolume/local-pv-worker-1 created',
      'persistentvolume/local-pv-worker-2 created',
      'persistentvolume/local-pv-worker-3 created',
    ]);
    await lab.kubectl('wait', '--for=jsonpath={.status.phase}=Available', 'pv', '--all', '--timeout=10s');
    const lines = (await lab.kubectl('get', 'pv')).trim().split('\n');
    expect(lines[0]).toMatch(
      /^NAME +CAPACITY +ACCESS MODES +RECLAIM POLICY +STATUS +CLAIM +STORAGECLASS +VOLUMEATTRIBUTESCLASS +REASON +AGE$/,
    );
    expect(lines).toHaveLength(4);
    for (const line of lines.slice(1)) expect(line).toMatch(/10Gi +RWO +Retain +Available +local-nvme +<unset>/);
  });

  it('3: the operator becomes Available', async () => {
    const manifests = await lab.home.holdfast(['install', 'operator']);
    expect(manifests.code).toBe(0);
    const applied = await lab.tryKubectl(['apply', '-f', '-'], { input: manifests.stdout });
    expect(applied.stderr).toBe('');
    await lab.kubectl(
      '-n',
      'cockroach-operator-system',
      'wait',
      '--for=condition=Available',
      'deployment/cockroach-operator-manager',
      '--timeout=120s',
    );
  });

  it('4: the database comes up on its volumes and has three live nodes', async () => {
    expect(await lab.kubectl('apply', '-f', join(inputs, 'cockroachdb-cluster.yaml'))).toBe(
      'crdbcluster.crdb.cockroachlabs.com/cockroachdb created\n',
    );
    await lab.kubectl('wait', '--for=condition=Initialized', 'crdbcluster/cockroachdb', '--timeout=120s');
    await lab.kubectl('rollout', 'status', 'statefulset/cockroachdb', '--timeout=120s');
    const status = await lab.kubectl('exec', 'cockroachdb-0', '--', 'cockroach', 'node', 'status', '--insecure', '--format=csv');
    expect(status.trim().split('\n')).toHaveLength(4);
    const claims = (await lab.kubectl('get', 'pvc', '-o', 'jsonpath={range .items[*]}{.metadata.name}={.status.phase}{"\\n"}{end}'))
      .trim()
      .split('\n');
    expect(claims).toEqual(['datadir-cockroachdb-0=Bound', 'datadir-cockroachdb-1=Bound', 'datadir-cockroachdb-2=Bound']);
    const description = await lab.kubectl('describe', 'pod', 'cockroachdb-0');
    expect(description).toContain('Successfully assigned default/cockroachdb-0 to data-lab-worker');
    expect(description).toContain('Understudy');
  });

  it('5: the test data goes in and five rows come out', async () => {
    const shell = await lab.tryKubectl(['exec', '-i', 'cockroachdb-0', '--', 'cockroach', 'sql', '--insecure'], {
      input: input('test-data.sql'),
    });
    expect(shell.stderr + shell.stdout).toContain('humidity-1');
    expect(await countThrough('cockroachdb-0')).toBe(5);
    expect(await countThrough('cockroachdb-2')).toBe(5);
  });

  it('6: a drained node takes its database node along and the data stays', async () => {
    node = await lab.kubectl('get', 'pod', 'cockroachdb-1', '-o', 'jsonpath={.spec.nodeName}');
    expect(await lab.kubectl('cordon', node)).toBe(`node/${node} cordoned\n`);
    const watch = watchPods(lab);
    const drained = await lab.kubectl('drain', node, '--delete-emptydir-data', '--ignore-daemonsets', '--force', '--timeout=60s');
    expect(drained).toContain('pod/cockroachdb-1 evicted');
    expect(drained).toContain(`node/${node} drained`);
    await lab.kubectl('wait', '--for=jsonpath={.status.phase}=Pending', 'pod/cockroachdb-1', '--timeout=20s');
    expect(await watch.stop()).toMatch(/cockroachdb-1 +1\/1 +Terminating/);
    await expect.poll(() => liveNodes(), { timeout: 20_000, interval: 500 }).toBe(2);
    expect(await countThrough('cockroachdb-0')).toBe(5);
    const events = await lab.kubectl('get', 'events', '--field-selector=involvedObject.name=cockroachdb-1,reason=FailedScheduling');
    expect(events).toMatch(/0\/4 nodes are available: .*node\(s\) were unschedulable/);
  });

  it('7: the node returns and the database is whole again', async () => {
    expect(await lab.kubectl('uncordon', node)).toBe(`node/${node} uncordoned\n`);
    await lab.kubectl('wait', '--for=condition=Ready', 'pod/cockroachdb-1', '--timeout=60s');
    expect(await lab.kubectl('get', 'pod', 'cockroachdb-1', '-o', 'jsonpath={.spec.nodeName}')).toBe(node);
    await expect.poll(() => liveNodes(), { timeout: 20_000, interval: 500 }).toBe(3);
    expect(await countThrough('cockroachdb-1')).toBe(5);
  });

  it('8: everything can be cleaned up', async () => {
    expect(await lab.kubectl('delete', '-f', join(inputs, 'cockroachdb-cluster.yaml'))).toBe(
      'crdbcluster.crdb.cockroachlabs.com "cockroachdb" deleted\n',
    );
    await lab.kubectl('wait', '--for=delete', 'pod', '-l', CRDB, '--timeout=60s');
    await lab.kubectl('delete', 'pvc', '-l', CRDB, '--timeout=60s');
    expect((await lab.kubectl('get', 'pv', '-o', 'jsonpath={.items[*].status.phase}')).trim()).toBe('Released Released Released');
    await lab.kubectl('delete', '-f', join(inputs, 'local-storage.yaml'), '--timeout=60s');
    expect((await lab.tryKubectl(['get', 'pv'])).stderr).toBe('No resources found\n');
  });

  async function countThrough(pod: string): Promise<number> {
    const csv = await lab.kubectl(
      'exec',
      pod,
      '--',
      'cockroach',
      'sql',
      '--insecure',
      '--format=csv',
      '-e',
      'SELECT count(*) FROM testdb.sensors',
    );
    return Number(csv.trim().split('\n').at(-1));
  }

  async function liveNodes(): Promise<number> {
    const csv = await lab.kubectl('exec', 'cockroachdb-0', '--', 'cockroach', 'node', 'status', '--insecure', '--format=csv');
    const [head = '', ...rows] = csv.trim().split('\n');
    const column = head.split(',').indexOf('is_live');
    return rows.filter((row) => row.split(',')[column] === 'true').length;
  }
});

/** `kubectl get pods -w` in the background; `stop` gives what it printed. */
function watchPods(lab: TestLab): { stop(): Promise<string> } {
  const child = spawn('kubectl', ['get', 'pods', '-w', '-l', CRDB], {
    env: { ...process.env, KUBECONFIG: lab.kubeconfig, HOME: lab.home.path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  return {
    stop: () =>
      new Promise((resolve) => {
        child.on('close', () => resolve(Buffer.concat(printed).toString()));
        child.kill('SIGTERM');
      }),
  };
}
