// Puts a set of files into a folder so that readers see all of the old ones or all of the new ones: the files are in a
// folder of their own, '..data' is a link to it that is swapped by one rename, and visible names are links through '..data'.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** A file of a volume. */
export interface VolumeFile {
  readonly bytes: Uint8Array;
  readonly mode: number;
}

const DATA = '..data';

/** Writes `files` (paths relative, '/'-separated). Returns whether anything changed. `stamp` names the new folder. */
export function writeAtomically(folder: string, files: ReadonlyMap<string, VolumeFile>, stamp: string): boolean {
  mkdirSync(folder, { recursive: true });
  const current = linkTarget(join(folder, DATA));
  if (current !== undefined && sameFiles(join(folder, current), files)) return false;
  const next = freeName(folder, `..${stamp}`);
  for (const [path, { bytes, mode }] of files) {
    const file = join(folder, next, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes, { mode });
  }
  mkdirSync(join(folder, next), { recursive: true });
  const swap = join(folder, '..data_tmp');
  rmSync(swap, { force: true });
  symlinkSync(next, swap);
  renameSync(swap, join(folder, DATA));
  showNames(folder, new Set([...files.keys()].map((path) => path.split('/')[0] ?? path)));
  if (current !== undefined) rmSync(join(folder, current), { recursive: true, force: true });
  return true;
}

function showNames(folder: string, names: ReadonlySet<string>): void {
  for (const name of names) {
    if (!lstatSync(join(folder, name), { throwIfNoEntry: false })) symlinkSync(`${DATA}/${name}`, join(folder, name));
  }
  for (const entry of readdirSync(folder)) {
    const stale = !entry.startsWith('..') && !names.has(entry) && linkTarget(join(folder, entry))?.startsWith(`${DATA}/`);
    if (stale) rmSync(join(folder, entry));
  }
}

function sameFiles(folder: string, files: ReadonlyMap<string, VolumeFile>): boolean {
  const present = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()) : [];
  if (present.length !== files.size) return false;
  return [...files].every(([path, { bytes, mode }]) => {
    const stat = lstatSync(join(folder, path), { throwIfNoEntry: false });
    return stat?.isFile() && (stat.mode & 0o777) === mode && readFileSync(join(folder, path)).equals(bytes);
  });
}

function freeName(folder: string, wanted: string): string {
  for (let n = 0; ; n++) {
    const name = n === 0 ? wanted : `${wanted}.${n}`;
    if (!existsSync(join(folder, name))) return name;
  }
}

function linkTarget(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}
