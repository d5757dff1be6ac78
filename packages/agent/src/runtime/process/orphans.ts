// Finds and ends what a lab that crashed has left running.
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { allProcesses, groupLives, membersOf, type ProcessRecord } from './process-identity.ts';

/** Folder below a pod's folder with one file per running process group. */
export const PROCESS_FOLDER = 'processes';

/** Variable in every container's environment by which its processes are recognised. */
export const ROOT_VARIABLE = 'HOLDFAST_CONTAINER_ROOT';

/**
 * Kills (SIGKILL) every process that belongs to containers below `stateDir`: one node's folder, or the folder that holds the
 * folders of all nodes. Processes are found by the records on disk and, where a program has left its group, by its environment.
 * Returns the pids. Safe to call when there is nothing to do, and when the folder does not exist.
 */
export async function reapOrphans(stateDir: string): Promise<readonly number[]> {
  if (!existsSync(stateDir) || !existsSync('/proc/self/stat')) return [];
  const killed = new Set<number>();
  for (const file of recordFiles(stateDir)) {
    const record = readRecord(file);
    if (record && groupLives(record)) for (const pid of membersOf(record.pid)) kill(pid, killed);
    rmSync(file, { force: true });
  }
  for (const pid of processesWithRootBelow(stateDir)) kill(pid, killed);
  return [...killed];
}

function kill(pid: number, killed: Set<number>): void {
  if (pid === process.pid) return;
  try {
    process.kill(pid, 'SIGKILL');
    killed.add(pid);
  } catch (error) {
    // ESRCH: it ended in between. Anything else (EPERM) is a process that was never ours.
    if (!(error instanceof Error)) throw error;
  }
}

/** Looks for <dir>/pods/*\/processes/*.json in the folder itself and in each folder right below it. */
function recordFiles(stateDir: string): readonly string[] {
  const nodes = [stateDir, ...folders(stateDir).map((name) => join(stateDir, name))];
  return nodes.flatMap((node) =>
    folders(join(node, 'pods')).flatMap((pod) => {
      const folder = join(node, 'pods', pod, PROCESS_FOLDER);
      return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
    }),
  );
}

function folders(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function readRecord(file: string): ProcessRecord | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, start, bootId } = value as Partial<ProcessRecord>;
    return typeof pid === 'number' && typeof start === 'string' && typeof bootId === 'string' ? { pid, start, bootId } : undefined;
  } catch {
    // A record cut short by the crash: the look at the environments finds its processes.
    return undefined;
  }
}

function processesWithRootBelow(stateDir: string): readonly number[] {
  const prefixes = [...new Set([resolve(stateDir), realpathSync(stateDir)])].map((path) => `${ROOT_VARIABLE}=${path}/`);
  return allProcesses().filter((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
      return environment.split('\0').some((entry) => prefixes.some((prefix) => entry.startsWith(prefix)));
    } catch {
      // Another user's process, or one that has just ended.
      return false;
    }
  });
}
