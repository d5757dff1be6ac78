// The cluster one gets without a configuration file.
import { join } from 'node:path';
import type { ClusterConfig, NodeConfig } from './kind-config.ts';

/** Where the disk of a node stands inside the node. */
export const DISK_PATH = '/mnt/disks/ssd0';

/** One control plane and three workers, each with a disk of its own below `diskFolder`. */
export function defaultConfig(diskFolder: string): ClusterConfig {
  const worker = (index: number): NodeConfig => ({
    role: 'worker',
    labels: {},
    extraMounts: [{ hostPath: join(diskFolder, `node${index}`), containerPath: DISK_PATH, readOnly: false }],
  });
  return { nodes: [{ role: 'control-plane', labels: {}, extraMounts: [] }, worker(1), worker(2), worker(3)] };
}
