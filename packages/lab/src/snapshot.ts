// A lab's state as one file: the API's objects, the cluster's keys, its configuration. Not the data of its volumes.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { type Clock, formatTime } from '@holdfast/clock';
import { nodeFileSystem, readState, writeState } from '@holdfast/store';
import { labNameProblem } from './config/node-names.ts';
import type { LabContext } from './lifecycle.ts';
import { view } from './lifecycle.ts';
import { folderProblem, LabError, LabNameTaken } from './state/lab-error.ts';
import {
  createLabFolder,
  forgetRunning,
  type LabFolder,
  type LabIdentity,
  type LabRecord,
  labFolder,
  readIdentity,
  writeJson,
} from './state/state-folder.ts';

/** The first line of the file, as JSON; the state follows. */
interface Header {
  readonly holdfastLabSnapshot: 1;
  readonly savedAt: string;
  readonly revision: number;
  readonly record: Pick<LabRecord, 'name' | 'clusterName' | 'config' | 'bundles'>;
  /** Where the lab kept its disks, for mounts that point there. */
  readonly disks: string;
  readonly identity: LabIdentity;
}

/** What was saved or restored. */
export interface SnapshotSummary {
  /** The lab that the snapshot was taken of. */
  readonly of: string;
  readonly savedAt: string;
  readonly revision: number;
}

const NEWLINE = 0x0a;

/** Writes the state of a lab, whether it runs or not, to `file`, whole or not at all. Readable by its owner alone: it holds keys. */
export async function saveSnapshot(context: LabContext, name: string, file: string): Promise<SnapshotSummary> {
  const lab = view(context, name);
  const identity = lab && readIdentity(lab.folder);
  if (!lab?.record || !identity || !existsSync(lab.folder.state)) {
    throw new LabError(`there is no lab named ${JSON.stringify(name)} with a state: \`holdfast lab list\` shows the labs that there are`);
  }
  const { revision, chunks } = await readState(nodeFileSystem(), lab.folder.state, revisionSalt(context.clock));
  const { clusterName, config, bundles } = lab.record;
  const savedAt = formatTime(context.clock.now());
  const record = { name, clusterName, config, bundles };
  const header: Header = { holdfastLabSnapshot: 1, savedAt, revision, record, disks: lab.folder.disks, identity };
  const part = `${file}.part`;
  try {
    const handle = await open(part, 'w', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(header)}\n`);
      for (const chunk of chunks) await handle.writeFile(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw new LabError(`cannot write the snapshot to ${file}: ${(error as Error).message}`, { cause: error });
  }
  return { of: name, savedAt, revision };
}

/**
 * Makes the snapshot in `file` the state of the lab `name`, which must not run: of a stopped lab it replaces the state and leaves the
 * disks, a new lab is made. `up` starts it.
 */
export async function restoreSnapshot(context: LabContext, name: string, file: string): Promise<SnapshotSummary> {
  const problem = labNameProblem(name);
  if (problem) throw new LabError(problem);
  const existing = view(context, name);
  if (existing && existing.state !== 'stopped') throw new LabNameTaken(name);
  const { header, state } = readSnapshotFile(file);
  const folder = labFolder(context.stateRoot, name);
  if (!existing) makeFolder(folder);
  const restoring = `${folder.state}.restoring`;
  rmSync(restoring, { recursive: true, force: true });
  try {
    // Beside the old state first, so that a bad file leaves that as it is.
    await writeState(nodeFileSystem(), restoring, state);
  } catch (error) {
    rmSync(existing ? restoring : folder.path, { recursive: true, force: true });
    throw new LabError(`${file} cannot be restored: ${(error as Error).message}`, { cause: error });
  }
  rmSync(folder.state, { recursive: true, force: true });
  await rename(restoring, folder.state);
  forgetRunning(folder);
  writeJson(folder.identity, header.identity);
  const { clusterName, config, bundles } = header.record;
  writeJson(folder.record, {
    name,
    clusterName,
    config: { ...config, nodes: config.nodes.map((node) => ({ ...node, extraMounts: node.extraMounts.map(movedTo(header, folder)) })) },
    createdAt: formatTime(context.clock.now()),
    ephemeral: false,
    bundles,
    starter: { pid: 0, processStart: '' },
  });
  return { of: header.record.name, savedAt: header.savedAt, revision: header.revision };
}

/** Disks in the old lab's folder become disks in the new one's. */
function movedTo({ disks }: Header, folder: LabFolder): <M extends { readonly hostPath: string }>(mount: M) => M {
  return (mount) =>
    mount.hostPath.startsWith(`${disks}/`) ? { ...mount, hostPath: `${folder.disks}${mount.hostPath.slice(disks.length)}` } : mount;
}

function readSnapshotFile(file: string): { readonly header: Header; readonly state: Uint8Array } {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new LabError(`cannot read the snapshot ${file}: ${(error as Error).message}`, { cause: error });
  }
  const end = bytes.indexOf(NEWLINE);
  try {
    const header = JSON.parse(bytes.toString('utf8', 0, end)) as Partial<Header>;
    if (header.holdfastLabSnapshot === 1 && header.record && header.identity)
      return { header: header as Header, state: bytes.subarray(end + 1) };
  } catch (error) {
    throw notOurs(file, error);
  }
  throw notOurs(file);
}

function notOurs(file: string, cause?: unknown): LabError {
  return new LabError(`${file} is no snapshot of a lab: name a file that \`holdfast lab snapshot save\` wrote`, { cause });
}

function makeFolder(folder: LabFolder): void {
  try {
    createLabFolder(folder);
  } catch (error) {
    throw folderProblem(folder.path, error as NodeJS.ErrnoException);
  }
}

/** Any number will do as long as files differ. */
function revisionSalt(clock: Clock): number {
  return clock.now() % 2 ** 32;
}
