// Lays out the folder that a container sees as its root: volumes as links, programs as small shims.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ContainerStartError, type Mount } from '../runtime.ts';
import { type Bundle, programCommand } from './bundle.ts';

/** Makes the root anew (volumes are links, so nothing of theirs is lost). Throws ContainerStartError. */
export function layOutRoot(root: string, bundle: Bundle, mounts: readonly Mount[], workingDir: string): void {
  try {
    rmSync(root, { recursive: true, force: true });
    mkdirSync(root, { recursive: true, mode: 0o755 });
    // Parents first: a mount below another one goes into the outer volume, as it would in a real container.
    for (const mount of mounts.toSorted((a, b) => a.mountPath.length - b.mountPath.length)) linkMount(root, mount);
    for (const [path, command] of bundle.programs) {
      if (!mounts.some((mount) => isUnder(path, mount.mountPath))) writeShim(join(root, path), programCommand(bundle, command));
    }
    mkdirSync(join(root, workingDir), { recursive: true });
    mkdirSync(join(root, 'tmp'), { recursive: true });
  } catch (error) {
    if (error instanceof ContainerStartError) throw error;
    throw new ContainerStartError('CreateContainerError', `cannot lay out the container's root: ${messageOf(error)}`, { cause: error });
  }
}

function linkMount(root: string, mount: Mount): void {
  const place = join(root, mount.mountPath);
  if (!existsSync(mount.hostPath)) {
    throw new ContainerStartError(
      'CreateContainerError',
      `failed to generate container spec: path "${mount.hostPath}" of mount ${mount.mountPath} does not exist`,
    );
  }
  mkdirSync(dirname(place), { recursive: true });
  const there = lstatSync(place, { throwIfNoEntry: false });
  if (there?.isSymbolicLink()) {
    if (readlinkSync(place) === mount.hostPath) return;
    unlinkSync(place);
  } else if (there?.isDirectory()) {
    // A mount point left in the outer volume by an image or by a real container: it hides nothing when empty.
    if (readdirSync(place).length > 0) {
      throw new ContainerStartError(
        'CreateContainerError',
        `cannot mount at ${mount.mountPath}: the folder there is not empty, and the process runtime mounts by links`,
      );
    }
    rmdirSync(place);
  }
  symlinkSync(mount.hostPath, place, statSync(mount.hostPath).isDirectory() ? 'dir' : 'file');
}

function writeShim(place: string, command: readonly string[]): void {
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, `#!/bin/sh\nexec ${command.map(quote).join(' ')} "$@"\n`, { mode: 0o755 });
}

/** A word as sh reads it back unchanged. */
export function quote(word: string): string {
  return /^[A-Za-z0-9_/.:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Whether `path` is `folder` or below it. */
export function isUnder(path: string, folder: string): boolean {
  const base = folder.replace(/\/+$/, '');
  return path === base || path.startsWith(`${base}/`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
