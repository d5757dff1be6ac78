// Which kinds anything here reads; others are kept and counted, so that nobody takes them for checked.
import { kindsOfGroup } from '@holdfast/schema';
import { isCustomWorkload } from './custom-workloads.ts';
import type { SourcedObject } from './sourced-object.ts';

/** Groups of Kubernetes' own extensions: their objects concern databases or do not, but they are no riddle. */
const EXTENSION = /^([a-z-]+\.)+k8s\.io$/;

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
  'keda.sh ScaledObject',
]);

/** 'Kind (group)' and how many there are of it. */
export function unknownKinds(objects: readonly SourcedObject[]): ReadonlyMap<string, number> {
  const types = new Map<string, { readonly first: SourcedObject; count: number }>();
  for (const object of objects) {
    const type = types.get(`${object.apiVersion} ${object.kind}`);
    if (type) type.count++;
    else types.set(`${object.apiVersion} ${object.kind}`, { first: object, count: 1 });
  }
  const unknown = new Map<string, number>();
  for (const { first, count } of types.values()) {
    const { apiVersion, kind } = first;
    const group = apiVersion.split('/')[0] ?? '';
    if (isBuiltIn(apiVersion, kind) || READ.has(`${group} ${kind}`) || isCustomWorkload(apiVersion, kind)) continue;
    unknown.set(`${kind} (${group})`, (unknown.get(`${kind} (${group})`) ?? 0) + count);
  }
  return unknown;
}

/** A misspelt kind of Kubernetes is none of its own. */
function isBuiltIn(apiVersion: string, kind: string): boolean {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  return kindsOfGroup(group)?.has(kind) ?? EXTENSION.test(group);
}
