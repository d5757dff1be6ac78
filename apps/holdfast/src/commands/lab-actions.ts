// What the verbs of `holdfast lab` do.
import { createReadStream, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { clientFromKubeconfig } from '@holdfast/client';
import {
  bundlesIn,
  CLUSTER_PARTS,
  type ClusterConfig,
  type ClusterPart,
  componentKubeconfig,
  ConfigError,
  defaultConfig,
  down,
  findProgram,
  isExecutable,
  type LabContext,
  LabError,
  labFolder,
  list,
  mustRun,
  parseKindConfig,
  restoreSnapshot,
  saveSnapshot,
  stop,
  up,
  view,
  writeRealCockroachBundle,
} from '@holdfast/lab';
import { NODES, PODS } from '@holdfast/schema';
import Table from 'cli-table3';
import type { Environment } from '../environment.ts';

export interface LabUpOptions {
  readonly name: string;
  readonly config?: string;
  readonly apiPort?: number;
  readonly cockroach?: string;
  readonly bundle?: readonly string[];
  readonly without?: string;
}

/** How labs are started from this program. */
export function labContext(environment: Environment, stateRoot: string): LabContext {
  return { stateRoot, daemonProgram: join(environment.programFolder, 'lab-daemon.mjs'), clock: environment.clock };
}

export async function labUp(environment: Environment, stateRoot: string, options: LabUpOptions): Promise<void> {
  const { stderr, clock } = environment;
  const started = clock.now();
  const folder = labFolder(stateRoot, options.name);
  const config = readConfig(options, folder.disks, (warning) => stderr.write(`warning: ${warning}\n`));
  const name = config.name && options.name === 'holdfast' ? config.name : options.name;
  const kept = view(labContext(environment, stateRoot), name)?.state === 'stopped';
  stderr.write(kept ? `Starting lab "${name}" again …\n` : `Starting lab "${name}" with ${config.nodes.length} nodes …\n`);
  const bundles = chooseBundles(environment, stateRoot, options);
  const ownConfig = options.config !== undefined || options.apiPort !== undefined;
  const without = options.without === undefined ? {} : { without: partsOf(options.without) };
  const lab = await up(labContext(environment, stateRoot), { name, config, bundles, ownConfig, ...without });
  const nodes = lab.record?.without?.includes('agents') ? 0 : (lab.record?.config.nodes.length ?? 0);
  const server = lab.running?.server ?? '';
  stderr.write(
    [
      `Lab "${name}" is ready after ${((clock.now() - started) / 1000).toFixed(1)} s: ${nodes} nodes Ready at ${server}`,
      'Use it with:',
      '',
      `    export KUBECONFIG=${lab.folder.kubeconfig}`,
      '    kubectl get nodes',
      '',
      `Stop it with: holdfast lab stop --name ${name} (its state stays), end it with: holdfast lab down --name ${name}`,
      '',
    ].join('\n'),
  );
}

export async function labDown(environment: Environment, stateRoot: string, options: { name: string; all?: boolean }): Promise<void> {
  const context = labContext(environment, stateRoot);
  const names = options.all ? list(context).map((lab) => lab.name) : [options.name];
  for (const name of names) {
    await down(context, name);
    environment.stderr.write(`Lab "${name}" is gone.\n`);
  }
  if (names.length === 0) environment.stderr.write('There are no labs.\n');
}

export async function labStop(environment: Environment, stateRoot: string, { name }: { name: string }): Promise<void> {
  await stop(labContext(environment, stateRoot), name);
  environment.stderr.write(`Lab "${name}" is stopped; \`holdfast lab up --name ${name}\` goes on with its state.\n`);
}

export async function labSnapshotSave(
  environment: Environment,
  stateRoot: string,
  file: string,
  { name }: { name: string },
): Promise<void> {
  const { revision } = await saveSnapshot(labContext(environment, stateRoot), name, resolve(file));
  environment.stderr.write(
    `Saved the state of lab "${name}" at revision ${revision} to ${file}. It holds the cluster's private keys; the data of its volumes is not in it.\n`,
  );
}

export async function labSnapshotRestore(
  environment: Environment,
  stateRoot: string,
  file: string,
  { name }: { name: string },
): Promise<void> {
  const { of, savedAt, revision } = await restoreSnapshot(labContext(environment, stateRoot), name, resolve(file));
  environment.stderr.write(
    `Restored lab "${name}" to the state of lab "${of}" at revision ${revision} (${savedAt}); volumes hold what is on their disks now. Start it with: holdfast lab up --name ${name}\n`,
  );
}

export function labList(environment: Environment, stateRoot: string, options: { json?: boolean }): void {
  const labs = list(labContext(environment, stateRoot)).map((lab) => ({
    name: lab.name,
    state: lab.state,
    nodes: lab.record?.config.nodes.length ?? 0,
    server: lab.state === 'running' ? (lab.running?.server ?? '') : '',
    pid: lab.state === 'running' ? (lab.running?.pid ?? null) : null,
    createdAt: lab.record?.createdAt ?? '',
    kubeconfig: lab.folder.kubeconfig,
  }));
  if (options.json) environment.stdout.write(`${JSON.stringify(labs, null, 2)}\n`);
  else if (labs.length === 0) environment.stdout.write('There are no labs. Start one with: holdfast lab up\n');
  else
    environment.stdout.write(
      `${plainTable(
        ['NAME', 'STATE', 'NODES', 'SERVER', 'CREATED'],
        labs.map((lab) => [lab.name, lab.state, String(lab.nodes), lab.server, lab.createdAt]),
      )}\n`,
    );
}

export async function labStatus(environment: Environment, stateRoot: string, options: { name: string; json?: boolean }): Promise<void> {
  const lab = mustRun(labContext(environment, stateRoot), options.name);
  const client = await clientFromKubeconfig(lab.folder.kubeconfig);
  const [nodes, pods] = await Promise.all([client.list(NODES), client.list(PODS)]);
  const status = {
    name: lab.name,
    server: lab.running.server,
    pid: lab.running.pid,
    nodes: nodes.items.map((node) => ({
      name: node.metadata.name ?? '',
      ready: node.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false,
      schedulable: !node.spec?.unschedulable,
      pods: pods.items
        .filter((pod) => pod.spec?.nodeName === node.metadata.name)
        .map((pod) => `${pod.metadata.namespace}/${pod.metadata.name}`),
    })),
    pendingPods: pods.items.filter((pod) => !pod.spec?.nodeName).map((pod) => `${pod.metadata.namespace}/${pod.metadata.name}`),
  };
  if (options.json) {
    environment.stdout.write(`${JSON.stringify(status, null, 2)}\n`);
    return;
  }
  environment.stdout.write(`Lab "${lab.name}" runs as process ${lab.running.pid} at ${lab.running.server}\n\n`);
  const rows = status.nodes.map((node) => [
    node.name,
    `${node.ready ? 'Ready' : 'NotReady'}${node.schedulable ? '' : ',SchedulingDisabled'}`,
    String(node.pods.length),
    node.pods.join(' '),
  ]);
  environment.stdout.write(`${plainTable(['NODE', 'STATUS', 'PODS', 'NAMES'], rows)}\n`);
  if (status.pendingPods.length > 0) environment.stdout.write(`\nWithout a node: ${status.pendingPods.join(' ')}\n`);
}

export function labKubeconfig(environment: Environment, stateRoot: string, options: { name: string; path?: boolean; for?: string }): void {
  const lab = mustRun(labContext(environment, stateRoot), options.name);
  if (options.for !== undefined) {
    environment.stdout.write(componentKubeconfig(lab, options.for, environment.clock));
    return;
  }
  environment.stdout.write(options.path ? `${lab.folder.kubeconfig}\n` : readFileSync(lab.folder.kubeconfig, 'utf8'));
}

export async function labLogs(environment: Environment, stateRoot: string, options: { name: string }): Promise<void> {
  const lab = view(labContext(environment, stateRoot), options.name);
  if (!lab) throw new LabError(`there is no lab named ${JSON.stringify(options.name)}: \`holdfast lab list\` shows those that there are`);
  await pipeline(createReadStream(lab.folder.log), environment.stdout, { end: false });
}

/** The bundles of the program, preceded by the user's own and by a real cockroach where there is one. */
export function chooseBundles(
  environment: Environment,
  stateRoot: string,
  options: { cockroach?: string; bundle?: readonly string[] },
): readonly string[] {
  const shipped = bundlesIn(join(environment.programFolder, 'bundles'));
  if (options.cockroach !== undefined && !isExecutable(options.cockroach)) {
    throw new LabError(
      `--cockroach: ${JSON.stringify(options.cockroach)} is no program that can be run: name the file of a cockroach binary, or leave the option out to use the understudy`,
    );
  }
  const program = options.cockroach ? resolve(options.cockroach) : findProgram('cockroach', environment.env['PATH'] ?? '');
  const launcher = join(environment.programFolder, 'bundles', 'cockroach', 'real-launcher.mjs');
  const real = program ? [writeRealCockroachBundle(join(stateRoot, 'bundles'), program, launcher)] : [];
  return [...(options.bundle ?? []).map((folder) => resolve(folder)), ...real, ...shipped];
}

/** 'controllers,scheduler' as parts. Throws LabError for a name that is none. */
function partsOf(text: string): readonly ClusterPart[] {
  return text.split(',').map((word) => {
    const part = CLUSTER_PARTS.find((one) => one === word.trim());
    if (part) return part;
    throw new LabError(`--without: there is no part ${JSON.stringify(word.trim())}: use ${CLUSTER_PARTS.join(', ')}`);
  });
}

function readConfig(options: LabUpOptions, disks: string, warn: (warning: string) => void): ClusterConfig {
  const port = options.apiPort === undefined ? {} : { apiServerPort: options.apiPort };
  if (options.config === undefined) return { ...defaultConfig(disks), ...port };
  let text: string;
  try {
    text = readFileSync(options.config, 'utf8');
  } catch (error) {
    throw new ConfigError(`${options.config}: cannot be read (${(error as NodeJS.ErrnoException).code}): name a kind configuration file`, {
      cause: error,
    });
  }
  const { config, warnings } = parseKindConfig(text, options.config);
  for (const warning of warnings) warn(warning);
  return { ...config, ...port };
}

/** Columns as kubectl prints them: no lines, three spaces between. */
function plainTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const blank = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '   ',
  };
  const table = new Table({ head: [...head], chars: blank, style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] } });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}
