// A cluster in virtual time whose state kubectl 1.32 reads over HTTPS while time stands still.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createAgent, type SimulatedRuntime, type SimulatedScript, simulatedRuntime } from '@holdfast/agent';
import { createApiServer, createPki, kubeconfigText, serveHttps, writeKubeconfig } from '@holdfast/apiserver';
import { type Client, createClient, faultyTransport, inProcessTransport, type Transport } from '@holdfast/client';
import { FakeClock, seededRandom, systemClock } from '@holdfast/clock';
import { type ComponentFactory, createManager, isConditionTrue, type Manager, silentLogger } from '@holdfast/controller';
import { controlPlaneComponents } from '@holdfast/lab';
import { NODES, type Pod, PODS } from '@holdfast/schema';
import { scheduler } from '@holdfast/scheduler';

const GIB = 2 ** 30;
const VERSION = '1.32';
const COMMAND_TIMEOUT_MS = 30_000;

export interface GoldenCluster extends AsyncDisposable {
  readonly client: Client;
  readonly clock: FakeClock;
  readonly runtime: SimulatedRuntime;
  /** Lets virtual time pass. */
  readonly pass: (seconds: number) => Promise<void>;
  readonly pod: (name: string) => Promise<Pod | undefined>;
  /** Runs until the pod of namespace default is Ready. */
  readonly ready: (...names: readonly string[]) => Promise<void>;
  /** Cuts a node off for good, as if it had lost its power. */
  readonly kill: (node: string) => void;
  /** Both outputs of kubectl. */
  readonly kubectl: (command: string) => Promise<string>;
}

/** kubectl 1.32, whose layout the files have; undefined, with a printed reason, where there is none. */
export function findKubectl(): string | undefined {
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'kubectl'))
    .find((path) => existsSync(path));
  const exact = found && join(dirname(realpathSync(found)), `kubectl.${VERSION}`);
  if (exact && existsSync(exact)) return exact;
  console.warn(`skipped: there is no kubectl.${VERSION} beside the kubectl on the PATH: what describe prints is not compared`);
  return undefined;
}

/** Starts nodes n1 and so on with all controllers and the scheduler; resolves when they are Ready. */
export async function goldenCluster(kubectl: string, nodeCount = 2, script: SimulatedScript = {}): Promise<GoldenCluster> {
  const clock = new FakeClock(undefined, { promisesOnly: true });
  const real = systemClock();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-golden-'));
  const pki = await createPki({ clock: real, random: seededRandom(2) });
  const bugs: unknown[] = [];
  const server = createApiServer({
    clock,
    random: seededRandom(1),
    nodes: () => undefined,
    serviceCidr: '10.96.0.0/16',
    advertise: { host: '127.0.0.1', port: 6443 },
    caCertificate: pki.caCertificate,
    serviceAccountKey: pki.serviceAccountKey,
    onBug: (error) => bugs.push(error),
  });
  const transport = inProcessTransport(server.handle, { username: 'kubernetes-admin', groups: ['system:masters'] });
  const client = createClient(transport);
  const runtime = simulatedRuntime({ clock, script });
  const stopping = new AbortController();
  const managers: Manager[] = [];
  const dead = new Set<string>();
  const run = async (components: readonly ComponentFactory[], over: Transport = transport): Promise<void> => {
    // Each draws its own lots: what one part does more or less often moves nothing in another's.
    const own = { clock, random: seededRandom(managers.length + 10), log: silentLogger };
    const manager = createManager({ client: createClient(over), ...own, components });
    managers.push(manager);
    await manager.start(stopping.signal);
  };
  await run(controlPlaneComponents({ caCertificate: pki.caCertificate }).map(({ make }) => make));
  await run([scheduler]);
  for (let index = 1; index <= nodeCount; index++) {
    const nodeName = `n${index}`;
    const agent = createAgent({
      nodeName,
      nodeIp: `10.0.0.${index}`,
      podCidr: `10.1.${index}.0/24`,
      capacity: { cpu: 4, memory: 16 * GIB, pods: 110 },
      runtime,
      stateDir: '/simulated',
      dns: { host: '10.96.0.10', port: 53 },
      apiServer: { host: '10.96.0.1', port: 443 },
    });
    await run(
      [agent.factory],
      faultyTransport(transport, () => (dead.has(nodeName) ? 'refused' : undefined)),
    );
  }
  const listener = await serveHttps({ server, host: '127.0.0.1', port: 0, pki, clock: real });
  const kubeconfig = join(folder, 'kubeconfig');
  writeKubeconfig(kubeconfig, kubeconfigText({ name: 'golden', server: `https://127.0.0.1:${listener.port}`, pki }));
  const key = (name: string) => ({ namespace: 'default', name });
  const pod = (name: string): Promise<Pod | undefined> => client.get(PODS, key(name)).catch(() => undefined);
  const pass = (seconds: number): Promise<void> => clock.advance(seconds * 1000);
  const until = async (what: string, done: () => Promise<boolean>): Promise<void> => {
    for (let round = 0; round < 1200; round++) {
      if (await done()) return;
      await clock.advance(500);
    }
    throw new Error(`${what} did not come about in ten minutes`);
  };
  await until('nodes being Ready', async () => {
    const { items } = await client.list(NODES);
    return items.length === nodeCount && items.every(({ status, spec }) => isConditionTrue(status?.conditions, 'Ready') && !spec?.taints);
  });
  // What follows does not depend on how long the start took.
  await clock.advance(Date.UTC(2026, 0, 1, 0, 1) - clock.now());
  return {
    client,
    clock,
    runtime,
    pass,
    pod,
    ready: (...names) =>
      until(`readiness of ${names.join(', ')}`, async () => {
        const pods = await Promise.all(names.map(pod));
        return pods.every((one) => isConditionTrue(one?.status?.conditions, 'Ready'));
      }),
    kill: (node) => void dead.add(node),
    kubectl: (command) => execute(kubectl, command, { ...process.env, KUBECONFIG: kubeconfig, HOME: folder, TZ: 'UTC' }),
    [Symbol.asyncDispose]: async () => {
      await listener.close();
      stopping.abort();
      dead.clear();
      await clock.advance(120_000);
      await Promise.all(managers.map((manager) => manager.stopped()));
      await server.close();
      rmSync(folder, { recursive: true, force: true });
      if (bugs.length > 0) throw new AggregateError(bugs, 'the API server ran into bugs');
    },
  };
}

function execute(kubectl: string, command: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', command.replace(/^kubectl\b/, '"$KUBECTL"')], {
      env: { ...env, KUBECTL: kubectl },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: COMMAND_TIMEOUT_MS,
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}
