// Logs, exec, cp, attach and forwarded ports of a node whose agent is another program: unmodified kubectl, through the server, over TLS.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { sleep, systemClock } from '@holdfast/clock';
import { describe, expect, it } from 'vitest';
import { hasKubectl, makeHome, type Output, shellBundle, startLab, type TestLab } from './harness.ts';
import { startAgent, startPart } from './programs.ts';

const clock = systemClock();
const LABELS = { app: 'web' };
const WEB = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web' },
  spec: {
    serviceName: 'web',
    replicas: 2,
    podManagementPolicy: 'Parallel',
    selector: { matchLabels: LABELS },
    template: {
      metadata: { labels: LABELS },
      spec: {
        terminationGracePeriodSeconds: 1,
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: LABELS } },
        ],
        containers: [
          {
            name: 'c',
            image: 'test/shell:1',
            command: ['/bin/sh', '-c', 'echo hello from $HOSTNAME; while true; do echo tick; sleep 1; done'],
          },
          {
            name: 'server',
            image: 'test/shell:1',
            // Once it fails, so that there is a log of before.
            command: [
              '/bin/sh',
              '-c',
              '[ -e $HOLDFAST_CONTAINER_ROOT/data/once ] || { touch $HOLDFAST_CONTAINER_ROOT/data/once; echo first life; exit 3; }; exec "$0" -e "$1"',
              process.execPath,
              'require("http").createServer((q, a) => a.end("page of " + process.env.HOSTNAME)).listen(8080, process.env.HOLDFAST_POD_IP, () => console.log("listening"))',
            ],
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          },
        ],
        volumes: [{ name: 'data', emptyDir: {} }],
      },
    },
  },
};

interface Node {
  readonly ip: string;
  readonly port: number;
}

async function nodeOf(lab: TestLab, name: string): Promise<Node> {
  const node = JSON.parse(await lab.kubectl('get', 'node', name, '-o', 'json')) as {
    readonly status: {
      readonly addresses: readonly { readonly type: string; readonly address: string }[];
      readonly daemonEndpoints: { readonly kubeletEndpoint: { readonly Port: number } };
    };
  };
  const { addresses, daemonEndpoints } = node.status;
  return { ip: addresses.find(({ type }) => type === 'InternalIP')?.address ?? '', port: daemonEndpoints.kubeletEndpoint.Port };
}

/** A kubectl that goes on, with what it has said. */
function follow(
  lab: TestLab,
  ...args: readonly string[]
): { readonly child: ChildProcess; said(): string; ended(): Promise<number | null> } & Disposable {
  const child = spawn('kubectl', args, { env: { ...process.env, KUBECONFIG: lab.kubeconfig, HOME: lab.home.path } });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const exit = once(child, 'close') as Promise<[number | null]>;
  return { child, said: () => said.join(''), ended: async () => (await exit)[0], [Symbol.dispose]: () => child.kill('SIGKILL') };
}

/** Asks the agent itself, without a certificate. */
function ask({ ip, port }: Node, path: string, token?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const asked = request({ host: ip, port, path, rejectUnauthorized: false, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Connections that are open to an address and port, both ends counted: the kernel's table says so. */
function connectionsTo({ ip, port }: Node): number {
  const hex = (value: number, width: number): string => value.toString(16).toUpperCase().padStart(width, '0');
  const address = `${ip
    .split('.')
    .toReversed()
    .map((part) => hex(Number(part), 2))
    .join('')}:${hex(port, 4)}`;
  const ESTABLISHED = '01';
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, remote, state]) => state === ESTABLISHED && (local === address || remote === address)).length;
}

/** Processes with a word in their command line. */
function processesWith(word: string): number {
  return readdirSync('/proc').filter((entry) => {
    try {
      return /^\d+$/.test(entry) && readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes(word);
    } catch {
      // It ended between the two looks.
      return false;
    }
  }).length;
}

/** One pod on each of the two nodes. */
async function startWeb(lab: TestLab): Promise<void> {
  for (const node of ['n1', 'n2']) {
    await expect.poll(async () => (await lab.tryKubectl(['get', 'node', node])).code, { timeout: 20_000 }).toBe(0);
    await lab.kubectl('wait', '--for=condition=Ready', `node/${node}`, '--timeout=20s');
  }
  const created = await lab.tryKubectl(['create', '-f', '-'], { input: JSON.stringify(WEB) });
  expect(created.code, created.stderr).toBe(0);
  await lab.kubectl('rollout', 'status', 'statefulset/web', '--timeout=60s');
}

const without = 'controllers,scheduler,agents';

describe.skipIf(!hasKubectl())('agents that are programs of their own', { timeout: 180_000 }, () => {
  it('serve what kubectl asks of their pods, to those who may', async () => {
    const home = makeHome();
    await using lab = await startLab('afar', { home, without, bundle: shellBundle(home.path) });
    await using _controllers = await startPart(lab, 'controllers', 'controllers');
    await using _scheduler = await startPart(lab, 'scheduler', 'scheduler');
    await using agent1 = await startAgent(lab, 1);
    await using agent2 = await startAgent(lab, 2, '--port', '0');
    await startWeb(lab);
    const [n1, n2] = [await nodeOf(lab, 'n1'), await nodeOf(lab, 'n2')];
    expect([n1.port, n2.port === 10_250]).toEqual([10_250, false]);

    // Logs.
    expect(await lab.kubectl('logs', 'web-0')).toMatch(/^hello from web-0\ntick\n/);
    expect(await lab.kubectl('logs', 'web-1', '-c', 'server')).toBe('listening\n');
    expect(await lab.kubectl('logs', 'web-1', '-c', 'server', '--previous')).toBe('first life\n');
    expect(await lab.kubectl('logs', 'web-0', '--tail=1')).toBe('tick\n');
    expect(await lab.kubectl('logs', 'web-0', '--limit-bytes=5')).toBe('hello');
    expect(await lab.kubectl('logs', 'web-0', '--timestamps', '--tail=1')).toMatch(/^20\d\d-\d\d-\d\dT[\d:.]+Z tick\n$/);
    // There is a tick a little more than every second, so in two seconds there is at least one.
    await sleep(clock, 2100);
    expect(await lab.kubectl('logs', 'web-0', '--since=2s')).toMatch(/^(tick\n){1,2}$/);
    const all = await lab.kubectl('logs', '-l', 'app=web', '--all-containers', '--prefix', '--tail=-1');
    for (const line of ['[pod/web-0/c] hello from web-0', '[pod/web-1/c] hello from web-1', '[pod/web-1/server] listening'])
      expect(all).toContain(line);
    using following = follow(lab, 'logs', '-f', 'web-0', '--tail=1');
    await expect.poll(() => following.said().split('tick').length, { timeout: 10_000 }).toBeGreaterThan(2);
    following.child.kill('SIGINT');

    // Commands.
    const failed = await lab.tryKubectl(['exec', 'web-1', '-c', 'c', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(failed).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\ncommand terminated with exit code 3\n' });
    const echoed = await lab.tryKubectl(['exec', '-i', 'web-0', '--', 'cat'], { input: 'x'.repeat(300_000) });
    expect([echoed.code, echoed.stdout.length]).toEqual([0, 300_000]);
    const missing = await lab.tryKubectl(['exec', 'web-0', '--', '/no/such/program']);
    expect(missing.stderr).toContain('/no/such/program');
    const attached = await lab.tryKubectl(['attach', '-i', 'web-0', '-c', 'c'], { input: 'x' });
    expect(attached.stderr).toContain('the containers of this node have no standard input that could be attached to');
    using attach = follow(lab, 'attach', 'web-0', '-c', 'c');
    await expect.poll(() => attach.said(), { timeout: 10_000 }).toContain('tick');
    attach.child.kill('SIGINT');
    writeFileSync(join(home.path, 'file'), 'copied both ways');
    await lab.kubectl('cp', join(home.path, 'file'), `web-1:${home.path}/there`, '-c', 'c');
    await lab.kubectl('cp', `web-1:${home.path}/there`, join(home.path, 'back'), '-c', 'c');
    expect(readFileSync(join(home.path, 'back'), 'utf8')).toBe('copied both ways');

    // Ports.
    using forward = follow(lab, 'port-forward', 'pod/web-1', ':8080');
    await expect.poll(() => forward.said(), { timeout: 10_000 }).toMatch(/127\.0\.0\.1:\d+ -> 8080/);
    const [, local] = /127\.0\.0\.1:(\d+) ->/.exec(forward.said()) ?? [];
    for (let i = 0; i < 3; i++) expect(await (await fetch(`http://127.0.0.1:${local}/`)).text()).toBe('page of web-1');
    forward.child.kill('SIGINT');

    // The node itself, and who may ask it.
    expect(await lab.kubectl('get', '--raw', '/api/v1/nodes/n1/proxy/healthz')).toBe('ok');
    const place = await lab.kubectl('get', 'pod', 'web-0', '-o', 'jsonpath={.spec.nodeName}');
    const listed = JSON.parse(await lab.kubectl('get', '--raw', `/api/v1/nodes/${place}/proxy/pods`)) as {
      readonly items: readonly { readonly metadata: { readonly name: string } }[];
    };
    expect(listed.items.map(({ metadata }) => metadata.name)).toEqual(['web-0']);
    expect(await lab.kubectl('get', '--raw', `/api/v1/nodes/${place}/proxy/containerLogs/default/web-0/c?limitBytes=5`)).toBe('hello');
    expect(await ask(n1, '/pods')).toBe('401 Unauthorized');
    expect(await ask(n1, '/healthz')).toBe('401 Unauthorized');
    const token = (await lab.kubectl('create', 'token', 'default')).trim();
    expect(await ask(n1, '/pods', token)).toBe(
      '403 Forbidden (user=system:serviceaccount:default:default, verb=get, resource=nodes, subresource(s)=[proxy])',
    );
    const flags = ['--clusterrole=system:kubelet-api-admin', '--serviceaccount=default:default'];
    await lab.kubectl('create', 'clusterrolebinding', 'watcher', ...flags);
    expect(await ask(n2, '/pods', token)).toMatch(/^200 \{"kind":"PodList"/);

    // Keys are their owner's alone, and what was said in the logs gives nothing away.
    for (const file of ['kubelet.key', 'kubelet.crt'])
      expect(statSync(join(home.path, 'agents', 'n1', 'pki', file)).mode & 0o777).toBe(0o600);
    const said = agent1.log() + agent2.log() + readFileSync(join(home.path, 'labs', 'afar', 'lab.log'), 'utf8');
    expect(said).not.toContain(token);
    expect(said).not.toContain('PRIVATE KEY');
    // Whatever was opened is closed again.
    await expect.poll(() => connectionsTo(n1) + connectionsTo(n2), { timeout: 10_000 }).toBe(0);
  });

  it('that stop, die or are others than the node says: kubectl hears what is wrong, and nothing hangs', async () => {
    const home = makeHome();
    await using lab = await startLab('apart', { home, without: 'agents', bundle: shellBundle(home.path) });
    await using first = await startAgent(lab, 1);
    await using second = await startAgent(lab, 2);
    await startWeb(lab);
    const place = await lab.kubectl('get', 'pod', 'web-0', '-o', 'jsonpath={.spec.nodeName}');
    const [agent, index] = place === 'n1' ? [first, 1] : [second, 2];
    const node = await nodeOf(lab, place);
    const at = `${node.ip}:${node.port}`;

    // It dies while a log is followed and a command runs: neither looks like an ordinary end.
    using following = follow(lab, 'logs', '-f', 'web-0', '-c', 'c', '--tail=1');
    using running = follow(lab, 'exec', 'web-0', '-c', 'c', '--', 'sh', '-c', 'echo started; sleep 4321.5');
    await expect.poll(() => following.said(), { timeout: 10_000 }).toContain('tick');
    await expect.poll(() => running.said(), { timeout: 10_000 }).toContain('started');
    agent.child.kill('SIGKILL');
    expect(await following.ended()).toBe(1);
    expect(following.said()).toMatch(/error: stream error|unexpected EOF/);
    expect(await running.ended()).not.toBe(0);
    await expect.poll(() => connectionsTo(node), { timeout: 10_000 }).toBe(0);

    const dead: Output[] = [];
    for (const args of [
      ['logs', 'web-0', '-c', 'c'],
      ['exec', 'web-0', '-c', 'c', '--', 'true'],
      ['port-forward', 'web-0', ':8080'],
      ['get', '--raw', `/api/v1/nodes/${place}/proxy/healthz`],
    ])
      dead.push(await lab.tryKubectl(args, { timeoutMs: 20_000 }));
    expect(dead.map(({ stderr }) => stderr.trim())).toEqual([
      `Error from server: Get "https://${at}/containerLogs/default/web-0/c": dial tcp ${at}: connect: connection refused`,
      `Error from server: error dialing backend: dial tcp ${at}: connect: connection refused`,
      `error: error upgrading connection: error dialing backend: dial tcp ${at}: connect: connection refused`,
      `Error from server: Get "https://${at}/healthz": dial tcp ${at}: connect: connection refused`,
    ]);

    // It comes back, at another port: the node says which.
    await using again = await startAgent(lab, index, '--port', '0');
    await expect.poll(async () => (await nodeOf(lab, place)).port, { timeout: 20_000 }).not.toBe(node.port);
    await expect
      .poll(async () => (await lab.tryKubectl(['logs', 'web-0', '-c', 'c'])).stdout, { timeout: 30_000 })
      .toContain('hello from web-0');

    // It says nothing any more: a stopped process still takes connections.
    again.child.kill('SIGSTOP');
    const stopped = await lab.tryKubectl(['logs', 'web-0', '-c', 'c'], { timeoutMs: 30_000 });
    expect(stopped.stderr).toContain('net/http: TLS handshake timeout');
    again.child.kill('SIGCONT');
    await expect.poll(async () => (await lab.tryKubectl(['logs', 'web-0', '-c', 'c'])).code, { timeout: 10_000 }).toBe(0);

    // Somebody else at its address is not spoken to.
    await lab.kubectl('annotate', 'node', place, '--overwrite', 'holdfast.dev/kubelet-certificate-sha256=00');
    const stranger = await lab.tryKubectl(['exec', 'web-0', '-c', 'c', '--', 'true']);
    expect(stranger.stderr).toContain('error dialing backend: tls: failed to verify certificate: x509: certificate is not the one');
    const taken = await lab.tryKubectl(['logs', 'web-0', '-c', 'c', '--limit-bytes=5', '--insecure-skip-tls-verify-backend']);
    // Its beginning: to its end something may be written while it is read.
    expect(taken.stdout).toBe('hello');
  });

  it('end what ran for a server that was killed, and serve it again when it is back', async () => {
    const home = makeHome();
    await using lab = await startLab('lost', { home, without: 'agents', bundle: shellBundle(home.path) });
    await using _one = await startAgent(lab, 1);
    await using _two = await startAgent(lab, 2);
    await startWeb(lab);
    const place = await lab.kubectl('get', 'pod', 'web-0', '-o', 'jsonpath={.spec.nodeName}');
    const node = await nodeOf(lab, place);
    using running = follow(lab, 'exec', 'web-0', '-c', 'c', '--', 'sh', '-c', 'echo started; sleep 4321.25');
    using following = follow(lab, 'logs', '-f', 'web-0', '-c', 'c');
    await expect.poll(() => running.said().includes('started') && following.said().includes('tick'), { timeout: 10_000 }).toBe(true);
    expect(processesWith('4321.25')).toBeGreaterThan(0);
    const { pid } = JSON.parse(readFileSync(join(home.path, 'labs', 'lost', 'running.json'), 'utf8')) as { readonly pid: number };
    process.kill(pid, 'SIGKILL');
    expect(await running.ended()).not.toBe(0);
    expect(await following.ended()).not.toBe(0);
    await expect.poll(() => [connectionsTo(node), processesWith('sleep\u00004321.25')], { timeout: 10_000 }).toEqual([0, 0]);
    const up = await home.holdfast(['lab', 'up', '--name', 'lost']);
    expect(up.code, up.stderr).toBe(0);
    await expect
      .poll(async () => (await lab.tryKubectl(['exec', 'web-0', '-c', 'c', '--', 'echo', 'back'])).stdout, { timeout: 30_000 })
      .toBe('back\n');
  });
});
