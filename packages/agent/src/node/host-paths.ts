// Where an absolute path of a node is on the host: below an extra mount of the node, or below the node's own root folder.
import { join, posix } from 'node:path';

/** A host folder that the node shows at a path of its own, as kind's extraMounts do. */
export interface HostMount {
  readonly containerPath: string;
  readonly hostPath: string;
}

/** Makes the mapping. The longest mount that holds the path wins. Pure. */
export function nodePathMapper(rootFolder: string, mounts: readonly HostMount[]): (path: string) => string {
  const byLength = mounts
    .map(({ containerPath, hostPath }) => ({ prefix: trim(containerPath), hostPath }))
    .toSorted((a, b) => b.prefix.length - a.prefix.length);
  return (path) => {
    // Normalising keeps '..' from leading out of the node.
    const clean = posix.normalize(`/${path}`);
    const mount = byLength.find(({ prefix }) => clean === prefix || clean.startsWith(`${prefix}/`));
    return mount ? join(mount.hostPath, clean.slice(mount.prefix.length)) : join(rootFolder, clean);
  };
}

function trim(path: string): string {
  return posix.normalize(path).replace(/\/+$/, '');
}
