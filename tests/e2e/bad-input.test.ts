// What is wrong with an input is said in one sentence, with the remedy, at the place where upstream says it.
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasKubectl, type Home, input, makeHome, program, run, startLab, type TestLab, unprivileged } from './harness.ts';

const user = unprivileged();

describe('bad input to `holdfast lab up`', { timeout: 60_000 }, () => {
  let home: Home;
  beforeAll(() => {
    home = makeHome();
  });
  afterAll(() => home[Symbol.asyncDispose](), 60_000);

  async function upWith(config: string): Promise<string> {
    const file = join(home.path, 'config.yaml');
    writeFileSync(file, config);
    const output = await home.holdfast(['lab', 'up', '--name', 'bad', '--config', file]);
    expect(output.code).toBe(1);
    expect(output.stderr.trim().split('\n')).toHaveLength(1);
    return output.stderr;
  }

  it('an unknown kind', async () => {
    expect(await upWith('kind: Klaster\napiVersion: kind.x-k8s.io/v1alpha4\n')).toContain(
      'config.yaml:1:7: kind: unknown kind "Klaster": a cluster configuration has kind: Cluster',
    );
  });

  it('an unknown field', async () => {
    expect(
      await upWith('kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n  - role: control-plane\n    extraMount: []\n'),
    ).toContain('config.yaml:5:5: unknown field "nodes[].extraMount"');
  });

  it('a name that is none', async () => {
    const output = await home.holdfast(['lab', 'up', '--name', 'My_Lab']);
    expect(output.code).toBe(1);
    expect(output.stderr).toContain('"My_Lab" is no name for a lab: use up to 40 lower-case letters');
  });

  it('a port in use', async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) =>
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port)),
    );
    const output = await home.holdfast(['lab', 'up', '--name', 'port', '--api-port', String(port)]);
    taken.close();
    expect(output.code).toBe(1);
    expect(output.stderr).toMatch(new RegExp(`port ${port}.* in use`));
    expect((await home.holdfast(['lab', 'list'])).stdout).not.toContain('port');
  });

  it.skipIf(user === undefined)('a folder that cannot be written', async () => {
    const locked = mkdtempSync(join(tmpdir(), 'holdfast-locked-'));
    if (user) chownSync(locked, user.uid, user.gid);
    chmodSync(locked, 0o500);
    const output = await run(process.execPath, [program, 'lab', 'up', '--name', 'locked', '--state-dir', locked], user ? { user } : {});
    rmSync(locked, { recursive: true });
    expect(output.code).toBe(1);
    expect(output.stderr).toMatch(/cannot write .*locked: permission denied: make it writable, or name another folder with --state-dir/);
  });

  it('two labs of one name', async () => {
    const first = await home.holdfast(['lab', 'up', '--name', 'twin']);
    expect(first.code, first.stderr).toBe(0);
    const second = await home.holdfast(['lab', 'up', '--name', 'twin']);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(
      'a lab named "twin" is already running: choose another name with --name, or end it with `holdfast lab down --name twin`',
    );
  });
});

describe.skipIf(!hasKubectl())('bad input to the cluster', { timeout: 120_000 }, () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await startLab('wrong');
    const manifests = await lab.home.holdfast(['install', 'operator']);
    await lab.tryKubectl(['apply', '-f', '-'], { input: manifests.stdout });
  }, 60_000);
  afterAll(() => lab?.[Symbol.asyncDispose](), 90_000);

  it('an image that nobody has', async () => {
    await lab.kubectl('run', 'nobody', '--image=nobody/has-this:v1', '--restart=Never');
    await lab.kubectl(
      'wait',
      '--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff',
      'pod/nobody',
      '--timeout=30s',
    );
    const events = await lab.kubectl(
      'get',
      'events',
      '--field-selector=involvedObject.name=nobody,reason=Failed',
      '-o',
      'jsonpath={.items[*].message}',
    );
    expect(events).toContain('nobody/has-this');
    expect(events).toContain('bundle');
  });

  it('a volume whose path does not exist on its node', async () => {
    await lab.tryKubectl(['apply', '-f', '-'], {
      input: input('local-storage.yaml').replaceAll('data-lab-', 'wrong-').replaceAll('/mnt/disks/ssd0', '/mnt/disks/missing'),
    });
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'c' },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'local-nvme', resources: { requests: { storage: '1Gi' } } },
    };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'lost' },
      spec: {
        containers: [{ name: 'c', image: 'cockroachdb/cockroach:v24.3.2', volumeMounts: [{ name: 'd', mountPath: '/data' }] }],
        volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'c' } }],
      },
    };
    await lab.tryKubectl(['create', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [claim, pod] }) });
    await expect
      .poll(
        () =>
          lab.kubectl(
            'get',
            'events',
            '--field-selector=involvedObject.name=lost,reason=FailedMount',
            '-o',
            'jsonpath={.items[*].message}',
          ),
        { timeout: 20_000, interval: 500 },
      )
      .toMatch(
        /MountVolume\.NewMounter initialization failed for volume "local-pv-worker-\d" : path "\/mnt\/disks\/missing" does not exist/,
      );
  });

  it('a CrdbCluster with two nodes', async () => {
    const output = await lab.tryKubectl(['apply', '-f', '-'], { input: input('cockroachdb-cluster.yaml').replace('nodes: 3', 'nodes: 2') });
    expect(output.code).toBe(1);
    expect(output.stderr).toContain(
      'The CrdbCluster "cockroachdb" is invalid: spec.nodes: Invalid value: 2: spec.nodes in body should be greater than or equal to 3',
    );
  });

  it('a CrdbCluster without volumeMode', async () => {
    const output = await lab.tryKubectl(['apply', '-f', '-'], {
      input: input('cockroachdb-cluster.yaml').replace(/ +volumeMode: Filesystem\n/, ''),
    });
    expect(output.code, output.stderr).toBe(0);
    await lab.kubectl('wait', '--for=jsonpath={.status.clusterStatus}=Failed', 'crdbcluster/cockroachdb', '--timeout=60s');
    const status = await lab.kubectl('get', 'crdbcluster', 'cockroachdb', '-o', 'jsonpath={.status}');
    expect(status).toContain('volumeMode');
    expect((await lab.tryKubectl(['get', 'statefulset', 'cockroachdb'])).code).toBe(1);
  });
});
