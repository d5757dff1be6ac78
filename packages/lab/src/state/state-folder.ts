// Where labs keep what they know: one folder per lab, for the user alone.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SavedPki } from '@holdfast/apiserver';
import type { ClusterPart } from '../cluster/cluster.ts';
import type { ClusterConfig } from '../config/kind-config.ts';

/** What `up` writes before the lab's process starts. */
export interface LabRecord {
  readonly name: string;
  readonly config: ClusterConfig;
  /** Nodes are named after it: the lab's name, or that of the lab whose snapshot it was made from. */
  readonly clusterName: string;
  readonly createdAt: string;
  /** Ends with the process that made it (a run without --keep). */
  readonly ephemeral: boolean;
  /** Parts that are not started: they run as programs of their own. */
  readonly without?: readonly ClusterPart[];
  /** Folders with bundles, searched in order. */
  readonly bundles: readonly string[];
  /** The command that starts the lab: while it runs and the lab does not yet, the lab is starting. */
  readonly starter: ProcessIdentity;
}

/** A process, told from a later one with the same number by its start (clock ticks since boot). */
export interface ProcessIdentity {
  readonly pid: number;
  readonly processStart: string;
}

/** What the lab's process writes when the API answers. */
export interface RunningRecord extends ProcessIdentity {
  readonly server: string;
  /** The lab owns 127.<block>.0.0/16. */
  readonly block: number;
  /** host:port of the cluster's DNS. */
  readonly dns: string;
}

/** What a lab is known by, kept over its starts: kubeconfigs and the addresses in its objects stay good. Holds private keys. */
export interface LabIdentity {
  /** The lab owns 127.<block>.0.0/16. */
  readonly block: number;
  /** Of the API server on 127.0.0.1. */
  readonly port: number;
  readonly pki: SavedPki;
}

/** The folder of one lab and the files in it. */
export interface LabFolder {
  readonly path: string;
  readonly record: string;
  readonly running: string;
  readonly identity: string;
  /** The API server's state: a folder of @holdfast/store. */
  readonly state: string;
  readonly kubeconfig: string;
  readonly log: string;
  readonly nodes: string;
  readonly disks: string;
}

/** Paths of the lab `name` below `stateRoot`; nothing is created. */
export function labFolder(stateRoot: string, name: string): LabFolder {
  const path = join(stateRoot, 'labs', name);
  return {
    path,
    record: join(path, 'lab.json'),
    running: join(path, 'running.json'),
    identity: join(path, 'identity.json'),
    state: join(path, 'state'),
    kubeconfig: join(path, 'kubeconfig'),
    log: join(path, 'lab.log'),
    nodes: join(path, 'nodes'),
    disks: join(path, 'disks'),
  };
}

/**
 * Creates the folder, readable by its owner only. Of two commands that try at once, one gets EEXIST. Throws the system's error
 * (EACCES, EROFS, ENOSPC, …).
 */
export function createLabFolder(folder: LabFolder): void {
  mkdirSync(dirname(folder.path), { recursive: true, mode: 0o700 });
  mkdirSync(folder.path, { mode: 0o700 });
  chmodSync(folder.path, 0o700);
  mkdirSync(folder.nodes, { mode: 0o700 });
}

/** Writes a file for the owner alone, whole or not at all. */
export function writePrivate(file: string, text: string): void {
  const part = `${file}.part`;
  writeFileSync(part, text, { mode: 0o600 });
  renameSync(part, file);
}

export function writeJson(file: string, value: LabRecord | RunningRecord | LabIdentity): void {
  writePrivate(file, `${JSON.stringify(value, null, 2)}\n`);
}

/** The lab's record, or undefined when there is none. */
export function readRecord(folder: LabFolder): LabRecord | undefined {
  return readJson<LabRecord>(folder.record);
}

/** What the running process wrote, or undefined when it never got that far. */
export function readRunning(folder: LabFolder): RunningRecord | undefined {
  return readJson<RunningRecord>(folder.running);
}

/** Removes what a process wrote that runs no more. */
export function forgetRunning(folder: LabFolder): void {
  rmSync(folder.running, { force: true });
}

/** What the lab is known by, or undefined when it never got that far. */
export function readIdentity(folder: LabFolder): LabIdentity | undefined {
  return readJson<LabIdentity>(folder.identity);
}

/** Names of all labs that have a folder. */
export function listLabNames(stateRoot: string): readonly string[] {
  const labs = join(stateRoot, 'labs');
  if (!existsSync(labs)) return [];
  return readdirSync(labs, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

/** Removes the folder of a lab with everything in it. Folders of the user's (extraMounts) are elsewhere and stay. */
export function removeLabFolder(folder: LabFolder): void {
  rmSync(folder.path, { recursive: true, force: true });
}

function readJson<T>(file: string): T | undefined {
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}
