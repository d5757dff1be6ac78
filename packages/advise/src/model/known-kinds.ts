// Which kinds anything here reads; others are kept and counted, so that nobody takes them for checked.
import { isCustomWorkload } from './custom-workloads.ts';
import type { SourcedObject } from './sourced-object.ts';

/** Groups of Kubernetes itself: their objects concern databases or do not, but they are no riddle. */
const BUILT_IN = /^(v1|(apps|batch|policy|autoscaling|extensions)\/.*|([a-z-]+\.)+k8s\.io\/.*)$/;

/** Custom kinds beside workloads that some rule looks at. */
const READ: ReadonlySet<string> = new Set([
  'velero.io Schedule',
  'velero.io Restore',
  'postgresql.cnpg.io ScheduledBackup',
  'k8up.io Schedule',
  'volsync.backube ReplicationSource',
  'snapscheduler.backube SnapshotSchedule',
  'dataprotection.kubeblocks.io BackupSchedule',
  'chaos-mesh.org PodChaos',
  'chaos-mesh.org NetworkChaos',
  'chaos-mesh.org IOChaos',
  'chaos-mesh.org Schedule',
  'litmuschaos.io ChaosEngine',
]);

/** 'Kind (group)' and how many there are of it. */
export function unknownKinds(objects: readonly SourcedObject[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { apiVersion, kind } of objects) {
    const group = apiVersion.split('/')[0] ?? '';
    if (BUILT_IN.test(apiVersion) || READ.has(`${group} ${kind}`) || isCustomWorkload(apiVersion, kind)) continue;
    const name = `${kind} (${group})`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
