// A cluster in this process, served over HTTPS, and real kubectl programs that run commands against it as users type them.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { simulatedRuntime } from '@holdfast/agent';
import { createPki, kubeconfigText, serveHttps, writeKubeconfig } from '@holdfast/apiserver';
import { seededRandom, systemClock } from '@holdfast/clock';
import { silentLogger } from '@holdfast/controller';
import { createCluster } from '@holdfast/lab';
import { makeHome, shellBundle, startLab } from '../harness.ts';

const GIB = 2 ** 30;
const NODES = ['n1', 'n2', 'n3'];
const VERSIONS = ['1.27', '1.28', '1.29', '1.30', '1.31', '1.32', '1.33'];
const COMMAND_TIMEOUT_MS = 60_000;

/** A command line for a shell, and what it must print: a text, or a pattern. `fails`: it must exit with another code than 0. */
export type Step = readonly [command: string, output: string | RegExp, fails?: 'fails'];

/** Steps that build on each other, and on the chapters before. */
export interface Chapter {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** How many commands of kubectl the steps run. */
export function commandsIn(chapters: readonly Chapter[]): number {
  return chapters
    .flatMap(({ steps }) => steps)
    .reduce((sum, [command]) => sum + (withoutTexts(command).match(/\bkubectl /g) ?? []).length, 0);
}

/** What a shell runs, without what it is given to read. */
function withoutTexts(command: string): string {
  return command.replace(/<<'EOF'[\s\S]*?\nEOF/g, '');
}

export interface Journey extends AsyncDisposable {
  /** Runs a command line; both outputs in one text. */
  run(command: string): Promise<{ readonly code: number; readonly output: string }>;
}

/** A program, and how much of the journey it makes: `all`, or the one part of that number (of as many as there are, going round). */
export interface Traveller {
  readonly name: string;
  readonly path: string;
  readonly part: number | 'all';
}

/**
 * The kubectl programs of this machine, each version from 1.27 to 1.33 that is there. The oldest and the newest make the whole journey, those
 * between them a part each, since each of some two thousand commands starts a program; with HOLDFAST_KUBECTL=all each makes all of it, with
 * HOLDFAST_KUBECTL=one the one on the PATH does.
 */
export function kubectls(): readonly Traveller[] {
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'kubectl'))
    .find((path) => existsSync(path));
  if (!found) {
    console.log('skipped: the journey, since there is no kubectl on the PATH');
    return [];
  }
  const folders = [dirname(realpathSync(found)), ...(process.env['PATH'] ?? '').split(delimiter)];
  const each = VERSIONS.flatMap((version) => {
    const path = folders.map((folder) => join(folder, `kubectl.${version}`)).find((file) => existsSync(file));
    return path ? [{ name: `kubectl ${version}`, path }] : [];
  });
  const mode = process.env['HOLDFAST_KUBECTL'];
  const programs = mode === 'one' || each.length === 0 ? [{ name: 'kubectl', path: realpathSync(found) }] : each;
  const whole = (index: number): boolean => mode === 'all' || index === 0 || index === programs.length - 1;
  const chosen = programs.map((program, index): Traveller => ({ ...program, part: whole(index) ? 'all' : index }));
  const absent = VERSIONS.filter((version) => !each.some(({ name }) => name.endsWith(version)));
  console.log(
    `the journey is made with ${chosen.map(({ name, part }) => (part === 'all' ? name : `${name} (a part)`)).join(', ')}${absent.length > 0 ? `; not on this machine: ${absent.join(', ')}` : ''}`,
  );
  return chosen;
}

/** Starts three simulated nodes and what a cluster runs, with its own home folder for kubectl. */
export async function startJourney(kubectl: string): Promise<Journey> {
  const clock = systemClock();
  const random = seededRandom(1);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-journey-'));
  const pki = await createPki({ clock, random, ips: ['127.0.0.1'] });
  const nodes = NODES.map((name, index) => ({
    name,
    index: index + 1,
    role: 'worker' as const,
    labels: {},
    extraMounts: [],
    nodeIp: `127.60.0.${index + 1}`,
    podCidr: `127.60.${index + 1}.0/24`,
    capacity: { cpu: 4, memory: 16 * GIB, pods: 110 },
    runtime: simulatedRuntime({}),
  }));
  const cluster = createCluster({
    clock,
    random,
    log: silentLogger,
    nodes,
    nodesFolder: folder,
    serviceCidr: '127.60.128.0/17',
    advertise: { host: '127.0.0.1', port: 6443 },
    caCertificate: pki.caCertificate,
    serviceAccountKey: pki.serviceAccountKey,
  });
  const listener = await serveHttps({ server: cluster.server, host: '127.0.0.1', port: 0, pki, clock });
  await cluster.start();
  const kubeconfig = join(folder, 'kubeconfig');
  writeKubeconfig(kubeconfig, kubeconfigText({ name: 'journey', server: `https://127.0.0.1:${listener.port}`, pki }));
  return traveller({
    kubectl,
    folder,
    kubeconfig,
    end: async () => {
      await listener.close();
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  });
}

/** Starts a lab whose pods are processes of this machine, for what simulated ones cannot do. */
export async function startRealJourney(kubectl: string): Promise<Journey> {
  const home = makeHome();
  const lab = await startLab('journey', { home, bundle: shellBundle(home.path) });
  return traveller({ kubectl, folder: home.path, kubeconfig: lab.kubeconfig, end: async () => lab[Symbol.asyncDispose]() });
}

/** Runs command lines with this kubectl, in a folder that is its home. */
function traveller(options: {
  readonly kubectl: string;
  readonly folder: string;
  readonly kubeconfig: string;
  readonly end: () => Promise<void>;
}): Journey {
  const { kubectl, folder, kubeconfig, end } = options;
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(kubectl, join(bin, 'kubectl'));
  const env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
    KUBECONFIG: kubeconfig,
    HOME: folder,
    EDITOR: '',
    KUBE_EDITOR: '',
  };
  return {
    run: (command) =>
      new Promise((resolve, reject) => {
        const child = spawn('bash', ['-c', command], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: COMMAND_TIMEOUT_MS });
        let output = '';
        child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
        child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
        child.on('error', reject);
        child.on('close', (code) => resolve({ code: code ?? -1, output }));
      }),
    [Symbol.asyncDispose]: () => end(),
  };
}

/** What stood out in a walk: the first step that did not go as it should. */
export interface Surprise {
  readonly command: string;
  readonly wanted: string;
  readonly code: number;
  readonly output: string;
}

/** Runs steps that build on each other, up to the first that does not print or end as it should. */
export async function walk(journey: Journey, steps: readonly Step[]): Promise<Surprise | undefined> {
  for (const [command, wanted, fails] of steps) {
    const { code, output } = await journey.run(command);
    const printed = typeof wanted === 'string' ? output.includes(wanted) : wanted.test(output);
    const ended = (code === 0) === (fails === undefined);
    if (!printed || !ended) return { command, wanted: `${String(wanted)}${fails ? ', and a failure' : ''}`, code, output };
  }
  return undefined;
}
