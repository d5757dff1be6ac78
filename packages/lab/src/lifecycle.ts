// Starts, finds and stops labs from the outside: each is a background process with a folder.
import { fork } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { reapOrphans } from '@holdfast/agent';
import { type Clock, formatTime, sleep } from '@holdfast/clock';
import type { ClusterPart } from './cluster/cluster.ts';
import type { ClusterConfig } from './config/kind-config.ts';
import { labNameProblem } from './config/node-names.ts';
import type { DaemonMessage } from './daemon.ts';
import { folderProblem, LabError, LabNameTaken } from './state/lab-error.ts';
import { isAlive, processStart } from './state/process-identity.ts';
import {
  createLabFolder,
  forgetRunning,
  type LabFolder,
  type LabRecord,
  labFolder,
  listLabNames,
  type RunningRecord,
  readIdentity,
  readRecord,
  readRunning,
  removeLabFolder,
  writeJson,
} from './state/state-folder.ts';

/** What the lifecycle needs from its surroundings. */
export interface LabContext {
  /** Folder below which all labs keep their state. */
  readonly stateRoot: string;
  /** The built program of the background process. */
  readonly daemonProgram: string;
  readonly clock: Clock;
}

export interface UpOptions {
  readonly name: string;
  readonly config: ClusterConfig;
  readonly bundles: readonly string[];
  /** Parts that are not started, because they run as programs of their own. A lab that has a state keeps its own choice unless asked. */
  readonly without?: readonly ClusterPart[];
  /** Whether the user asked for this configuration; else a lab that has a state keeps its own. */
  readonly ownConfig?: boolean;
  /** Refuse to go on with the state of a stopped lab. */
  readonly fresh?: boolean;
  /** Ends with this process (default false: it stays until `down`). */
  readonly ephemeral?: boolean;
}

/** A lab as `list` and `status` show it. */
export interface LabView {
  readonly name: string;
  readonly folder: LabFolder;
  readonly state: 'starting' | 'running' | 'stopped';
  readonly record?: LabRecord;
  readonly running?: RunningRecord;
}

/** How long a lab may take to end its processes before it is killed: longer than any grace period it gives them. */
const STOP_LIMIT_MS = 60_000;
const STOP_POLL_MS = 50;

/**
 * Starts a lab and resolves when all its nodes are Ready. A lab that was stopped or killed goes on with its state: its objects, volumes,
 * addresses and certificates. Throws LabError with a remedy; of a new lab nothing is left behind then, of an old one everything stays.
 */
export async function up(context: LabContext, options: UpOptions): Promise<LabView> {
  const problem = labNameProblem(options.name);
  if (problem) throw new LabError(problem);
  const existing = view(context, options.name);
  if (existing && existing.state !== 'stopped') throw new LabNameTaken(options.name);
  const folder = labFolder(context.stateRoot, options.name);
  const kept = existing?.record && !existing.record.ephemeral && readIdentity(folder) ? existing.record : undefined;
  if (kept && options.fresh) {
    throw new LabError(
      `lab ${JSON.stringify(options.name)} is stopped and has a state: choose another name, or remove it first with \`holdfast lab down --name ${options.name}\``,
    );
  }
  if (kept && options.ownConfig && !isDeepStrictEqual(kept.config, options.config)) {
    throw new LabError(
      `lab ${JSON.stringify(options.name)} has a state that was made with another configuration: start it without --config, or remove it first with \`holdfast lab down --name ${options.name}\``,
    );
  }
  const ephemeral = options.ephemeral ?? false;
  const starter = { pid: process.pid, processStart: processStart(process.pid) ?? '' };
  if (kept) {
    forgetRunning(folder);
    writeJson(folder.record, {
      ...kept,
      ...(options.without ? { without: options.without } : {}),
      bundles: [...new Set([...options.bundles, ...kept.bundles.filter((bundle) => existsSync(bundle))])],
      starter,
    });
  } else {
    if (existing) await cleanUp(folder);
    const { name, config, bundles } = options;
    const without = options.without ? { without: options.without } : {};
    const createdAt = formatTime(context.clock.now());
    prepareFolder(folder, { name, clusterName: name, config, createdAt, ephemeral, bundles, starter, ...without });
  }
  try {
    await startDaemon(context, folder, ephemeral);
  } catch (error) {
    if (kept) await reapOrphans(folder.nodes);
    else await cleanUp(folder);
    throw error;
  }
  return mustView(context, options.name);
}

/** Ends a lab's processes and keeps its folder: `up` goes on with its state. */
export async function stop(context: LabContext, name: string): Promise<void> {
  const { running } = mustRun(context, name);
  await stopProcess(context.clock, running);
  await reapOrphans(labFolder(context.stateRoot, name).nodes);
}

/** Ends a lab, its processes included, and removes its folder. Also cleans up after a lab that crashed. */
export async function down(context: LabContext, name: string): Promise<void> {
  const lab = view(context, name);
  if (!lab) throw new LabError(`there is no lab named ${JSON.stringify(name)}: \`holdfast lab list\` shows those that there are`);
  if (lab.running && isAlive(lab.running.pid, lab.running.processStart)) await stopProcess(context.clock, lab.running);
  await cleanUp(lab.folder);
}

/** All labs that have a folder, in order of their names. */
export function list(context: LabContext): readonly LabView[] {
  return listLabNames(context.stateRoot).flatMap((name) => view(context, name) ?? []);
}

/** One lab, or undefined when it has no folder. */
export function view(context: LabContext, name: string): LabView | undefined {
  const folder = labFolder(context.stateRoot, name);
  const record = readRecord(folder);
  if (!record) return undefined;
  const running = readRunning(folder);
  return { name, folder, record, state: stateOf(record, running), ...(running ? { running } : {}) };
}

function stateOf(record: LabRecord, running: RunningRecord | undefined): LabView['state'] {
  if (running) return isAlive(running.pid, running.processStart) ? 'running' : 'stopped';
  return isAlive(record.starter.pid, record.starter.processStart) ? 'starting' : 'stopped';
}

/** One lab that runs; throws LabError saying what to do otherwise. */
export function mustRun(context: LabContext, name: string): LabView & { readonly running: RunningRecord } {
  const lab = mustView(context, name);
  if (lab.state !== 'running' || !lab.running) {
    throw new LabError(
      `lab ${JSON.stringify(name)} is not running: start it again with \`holdfast lab up --name ${name}\`, or remove what is left of it with \`holdfast lab down --name ${name}\``,
    );
  }
  return { ...lab, running: lab.running };
}

function mustView(context: LabContext, name: string): LabView {
  const lab = view(context, name);
  if (lab) return lab;
  throw new LabError(
    `there is no lab named ${JSON.stringify(name)}: \`holdfast lab list\` shows those that there are, \`holdfast lab up --name ${name}\` makes it`,
  );
}

function prepareFolder(folder: LabFolder, record: LabRecord): void {
  try {
    createLabFolder(folder);
    writeJson(folder.record, record);
  } catch (error) {
    const failure = error as NodeJS.ErrnoException;
    if (failure.code === 'EEXIST') throw new LabNameTaken(record.name);
    throw folderProblem(folder.path, failure);
  }
}

/** The lab writes `running.json` last; until then its channel tells how it goes. */
async function startDaemon(context: LabContext, folder: LabFolder, ephemeral: boolean): Promise<void> {
  const log = openSync(folder.log, 'a', 0o600);
  const child = fork(context.daemonProgram, ['--folder', folder.path, ...(ephemeral ? ['--ephemeral'] : [])], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    execArgv: [],
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('message', (message) => {
      const told = message as DaemonMessage;
      if (told.type === 'ready') resolve();
      else reject(new LabError(told.message));
    });
    child.once('error', (error) => reject(new LabError(`the lab's process could not be started: ${error.message}`, { cause: error })));
    child.once('exit', (code, signal) =>
      reject(new LabError(`the lab's process ended before it was ready (${signal ?? `exit status ${code}`}): ${lastLines(folder.log)}`)),
    );
  });
  child.removeAllListeners();
  // An ephemeral lab lives as long as the channel to its maker does.
  if (!ephemeral) child.disconnect();
  else child.channel?.unref();
  child.unref();
}

async function stopProcess(clock: Clock, running: RunningRecord): Promise<void> {
  process.kill(running.pid, 'SIGTERM');
  const end = clock.now() + STOP_LIMIT_MS;
  while (isAlive(running.pid, running.processStart)) {
    if (clock.now() > end) {
      process.kill(running.pid, 'SIGKILL');
      return;
    }
    // The process is no child of ours, so there is no event to wait for.
    await sleep(clock, STOP_POLL_MS);
  }
}

async function cleanUp(folder: LabFolder): Promise<void> {
  await reapOrphans(folder.nodes);
  removeLabFolder(folder);
}

function lastLines(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.slice(-5).join(' | ') || 'it said nothing';
}
