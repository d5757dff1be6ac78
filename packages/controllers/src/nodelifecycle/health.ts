// Whether a node is alive: its lease and its status reports, measured with the controller's own clock. Pure.
import { formatTime } from '@holdfast/clock';
import { findCondition } from '@holdfast/controller';
import type { Lease, Node, NodeCondition } from '@holdfast/schema';

/** A node that was ready and is silent for this long is taken to be lost (kube-controller-manager 1.32). */
export const GRACE_MS = 50_000;
/** A node that never reported gets longer. */
export const STARTUP_GRACE_MS = 60_000;
/** Conditions that a node reports and that become Unknown when it falls silent. */
const REPORTED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** What was last seen of a node. */
export interface NodeHealth {
  /** When the controller last saw a sign of life, by its own clock. */
  readonly probeMs: number;
  readonly heartbeat: string | undefined;
  readonly renewTime: string | undefined;
}

/** What one look at a node says. */
export interface Examination {
  readonly health: NodeHealth;
  /** Set when conditions have to be written. */
  readonly conditions: readonly NodeCondition[] | undefined;
  /** Ready as the node reported it, before this look. */
  readonly observed: string;
  /** Ready as it is after this look. */
  readonly current: string;
}

export function examineNode(node: Node, lease: Lease | undefined, known: NodeHealth | undefined, nowMs: number): Examination {
  const ready = findCondition(node.status?.conditions, 'Ready');
  const health = lookForLife(node, ready, lease, known, nowMs);
  const graceMs = ready ? GRACE_MS : STARTUP_GRACE_MS;
  const observed = ready?.status ?? 'Unknown';
  if (nowMs <= health.probeMs + graceMs) return { health, conditions: undefined, observed, current: observed };
  const conditions = silenced(node, nowMs);
  return { health, conditions, observed, current: 'Unknown' };
}

function lookForLife(
  { metadata }: Node,
  ready: NodeCondition | undefined,
  lease: Lease | undefined,
  known: NodeHealth | undefined,
  nowMs: number,
): NodeHealth {
  const heartbeat = ready?.lastHeartbeatTime;
  const renewTime = lease?.spec?.renewTime;
  if (!known) {
    // A node that never reported counts from its creation; any other one from when this controller first saw it.
    const first = ready ? nowMs : Date.parse(metadata.creationTimestamp ?? formatTime(nowMs));
    return { probeMs: renewTime === undefined ? first : nowMs, heartbeat, renewTime };
  }
  const renewed = isLater(renewTime, known.renewTime);
  if (!renewed && heartbeat === known.heartbeat) return known;
  return { probeMs: nowMs, heartbeat, renewTime: renewed ? renewTime : known.renewTime };
}

function isLater(renewTime: string | undefined, known: string | undefined): boolean {
  if (renewTime === undefined || renewTime === known) return false;
  if (known === undefined) return true;
  // Servers write these times in one form, in which they are ordered as their texts are.
  return renewTime.length === known.length ? renewTime > known : Date.parse(renewTime) > Date.parse(known);
}

/** The conditions of a node that fell silent; undefined when they say so already. */
function silenced({ metadata, status }: Node, nowMs: number): readonly NodeCondition[] | undefined {
  const now = formatTime(nowMs);
  const old = status?.conditions ?? [];
  const changed = old.map((condition): NodeCondition => {
    if (!REPORTED.includes(condition.type) || condition.status === 'Unknown') return condition;
    return {
      ...condition,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: now,
    };
  });
  const never = REPORTED.filter((type) => !findCondition(old, type)).map(
    (type): NodeCondition => ({
      type,
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
      lastHeartbeatTime: metadata.creationTimestamp,
      lastTransitionTime: now,
    }),
  );
  return never.length > 0 || changed.some((condition, i) => condition !== old[i]) ? [...changed, ...never] : undefined;
}
