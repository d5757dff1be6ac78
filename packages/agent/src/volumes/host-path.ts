// hostPath volumes: what must be at the path, and what is made there.
import { lstatSync, mkdirSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Checks or makes what `type` asks for at `place` (the host's side of the node's `path`). Throws with upstream's words. */
export function prepareHostPath(path: string, place: string, type: string | undefined): void {
  const stat = statSync(place, { throwIfNoEntry: false });
  const check = (is: (found: Stats) => boolean, what: string): void => {
    if (!stat || !is(stat)) throw new Error(`hostPath type check failed: ${path} is not ${what}`);
  };
  switch (type ?? '') {
    case 'DirectoryOrCreate':
      if (!stat) mkdirSync(place, { recursive: true, mode: 0o755 });
      else check((found) => found.isDirectory(), 'a directory');
      return;
    case 'FileOrCreate':
      if (!stat) makeFile(place);
      else check((found) => found.isFile(), 'a file');
      return;
    case 'Directory':
      return check((found) => found.isDirectory(), 'a directory');
    case 'File':
      return check((found) => found.isFile(), 'a file');
    case 'Socket':
      return check((found) => found.isSocket(), 'a socket file');
    case 'CharDevice':
      return check((found) => found.isCharacterDevice(), 'a character device');
    case 'BlockDevice':
      return check((found) => found.isBlockDevice(), 'a block device');
    default:
      // No type asks for no check; a container runtime then makes a folder where nothing is.
      if (!lstatSync(place, { throwIfNoEntry: false })) mkdirSync(place, { recursive: true });
  }
}

/** Like upstream, the parent folder must exist. */
function makeFile(place: string): void {
  if (!statSync(dirname(place), { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`hostPath type check failed: ${dirname(place)} does not exist`);
  writeFileSync(place, '', { mode: 0o644 });
}
