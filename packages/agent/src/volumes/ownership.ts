// fsGroup: files of a volume belong to a group that all containers of the pod have (upstream's pkg/volume/volume_linux.go).
import { chmodSync, lchownSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/** What every file and folder gets, what folders get besides, and what only lets read. */
const READ_WRITE = 0o660;
const READ_ONLY = 0o440;
const FOLDER = 0o2110;

export interface FsGroup {
  readonly gid: number;
  /** 'OnRootMismatch' leaves a volume alone whose root is right already; else everything is looked at. */
  readonly policy?: string | undefined;
  readonly readOnly: boolean;
}

/** Gives everything below `root` to the group. Links are given away themselves, never what they point to. Throws the system's error. */
export function giveToGroup(root: string, { gid, policy, readOnly }: FsGroup): void {
  const mask = readOnly ? READ_ONLY : READ_WRITE;
  const wanted = (stat: Stats): number => (stat.mode & 0o7777) | mask | (stat.isDirectory() ? FOLDER : 0);
  const top = lstatSync(root);
  if (policy === 'OnRootMismatch' && top.gid === gid && (top.mode & 0o7777) === wanted(top)) return;
  const give = (path: string): void => {
    const stat = lstatSync(path);
    if (stat.gid !== gid) lchownSync(path, stat.uid, gid);
    if (stat.isSymbolicLink()) return;
    if (stat.isDirectory()) for (const entry of readdirSync(path)) give(join(path, entry));
    if ((stat.mode & 0o7777) !== wanted(stat)) chmodSync(path, wanted(stat));
  };
  give(root);
}
