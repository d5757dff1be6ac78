// What is to be attached and detached for one volume: pure. The order and the exceptions are upstream's (attachdetach reconciler).
import { attachmentName, type CsiVolume, isConditionTrue, uniqueName } from '@holdfast/controller';
import type { Node, PersistentVolume, Pod, VolumeAttachment } from '@holdfast/schema';
import { OUT_OF_SERVICE } from '../podgc/decide.ts';
import { isExclusive } from './attachable.ts';

/** A node that is not ready is waited for this long to unmount what nobody wants there any more (maxWaitForUnmountDuration). */
export const MAX_WAIT_FOR_UNMOUNT_MS = 360_000;

export interface Observed {
  readonly volume: PersistentVolume;
  readonly csi: CsiVolume;
  /** Pods that need the volume, by node. */
  readonly wanted: ReadonlyMap<string, readonly Pod[]>;
  readonly attachments: readonly VolumeAttachment[];
  node(name: string): Node | undefined;
  /** What a node that is gone had mounted when it was last seen. */
  lastInUse(nodeName: string): readonly string[];
  /** Since when the volume is not wanted on a node where it is attached. */
  unwantedSinceMs(nodeName: string): number;
  readonly nowMs: number;
}

export type Step =
  | { readonly kind: 'attach'; readonly nodeName: string; readonly name: string; readonly pods: readonly Pod[] }
  /** The volume is elsewhere; told once for each node. */
  | { readonly kind: 'conflict'; readonly nodeName: string; readonly messages: ReadonlyMap<Pod, string> }
  | { readonly kind: 'detach'; readonly nodeName: string; readonly attachment: VolumeAttachment; readonly forced: boolean };

export interface Plan {
  readonly steps: readonly Step[];
  /** When time alone will change the answer. */
  readonly recheckAfterMs?: number;
}

export function decide(observed: Observed): Plan {
  const { wanted, attachments } = observed;
  const steps: Step[] = [];
  const waits: number[] = [];
  for (const attachment of attachments) {
    const nodeName = attachment.spec?.nodeName ?? '';
    if (wanted.has(nodeName) || attachment.metadata.deletionTimestamp !== undefined) continue;
    const verdict = mayDetach(observed, nodeName);
    if (verdict.kind === 'detach') steps.push({ kind: 'detach', nodeName, attachment, forced: verdict.forced });
    else if (verdict.afterMs !== undefined) waits.push(verdict.afterMs);
  }
  const taken = new Set(attachments.map(({ spec }) => spec?.nodeName ?? ''));
  for (const [nodeName, pods] of wanted) {
    if (taken.has(nodeName)) continue;
    if (isExclusive(observed.volume) && taken.size > 0) {
      steps.push({ kind: 'conflict', nodeName, messages: conflictMessages(observed, nodeName, pods) });
      continue;
    }
    steps.push({ kind: 'attach', nodeName, name: attachmentName(observed.csi, nodeName), pods });
    taken.add(nodeName);
  }
  return { steps, ...(waits.length > 0 ? { recheckAfterMs: Math.min(...waits) } : {}) };
}

type Verdict = { readonly kind: 'detach'; readonly forced: boolean } | { readonly kind: 'wait'; readonly afterMs?: number };

/** A node that has the volume mounted must unmount it first; one that is lost is waited for six minutes, or not at all. */
function mayDetach(observed: Observed, nodeName: string): Verdict {
  const node = observed.node(nodeName);
  const inUse = node ? (node.status?.volumesInUse ?? []) : observed.lastInUse(nodeName);
  if (!inUse.includes(uniqueName(observed.csi))) return { kind: 'detach', forced: false };
  if (node?.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE)) return { kind: 'detach', forced: true };
  if (node && isConditionTrue(node.status?.conditions, 'Ready')) return { kind: 'wait' };
  const leftMs = observed.unwantedSinceMs(nodeName) + MAX_WAIT_FOR_UNMOUNT_MS - observed.nowMs;
  return leftMs <= 0 ? { kind: 'detach', forced: true } : { kind: 'wait', afterMs: leftMs };
}

function conflictMessages({ volume, wanted }: Observed, nodeName: string, pods: readonly Pod[]): ReadonlyMap<Pod, string> {
  const users = [...wanted].flatMap(([other, there]) => (other === nodeName ? [] : there));
  const prefix = `Multi-Attach error for volume "${volume.metadata.name}"`;
  return new Map(pods.map((pod) => [pod, `${prefix} ${conflictReason(pod, users)}`]));
}

function conflictReason({ metadata: { namespace } }: Pod, users: readonly Pod[]): string {
  if (users.length === 0) return "Volume is already exclusively attached to one node and can't be attached to another";
  const here = users.filter(({ metadata }) => metadata.namespace === namespace).map(({ metadata }) => metadata.name ?? '');
  const elsewhere = users.length - here.length;
  const others = `${elsewhere} pod(s) in different namespaces`;
  if (here.length === 0) return `Volume is already used by ${others}`;
  return `Volume is already used by pod(s) ${here.join(', ')}${elsewhere > 0 ? ` and ${others}` : ''}`;
}
