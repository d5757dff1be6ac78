// What the scheduler asks of its plugins, and what they may look at.
import type { Pod } from '@holdfast/schema';
import type { NodeInfo } from '../cache/node-info.ts';
import type { Snapshot } from '../cache/snapshot.ts';
import type { ClusterEvent } from '../queue/cluster-event.ts';
import type { Rejection } from './status.ts';

/** Decides for one pod; made anew for each cycle. */
export interface PodFilter {
  /** Undefined: the pod may run there. Must not change anything. */
  filter(node: NodeInfo): Rejection | undefined;
}

/** Scores nodes for one pod. */
export interface PodScorer {
  /** Any numbers; `normalize` brings them to 0..100. */
  score(node: NodeInfo): number;
  normalize?(scores: readonly number[]): readonly number[];
}

/** What a plugin holds for a pod between the decision and the binding. */
export interface Reservation {
  /** Gives it back; must not fail. */
  unreserve(): void;
  /** Makes it real; the pod is bound to the node afterwards. Rejects when that is not possible (any more). */
  preBind(signal: AbortSignal): Promise<void>;
}

/** A part of the scheduler. Every plugin has a name of upstream's and does what the one of that name does. */
export interface Plugin {
  readonly name: string;
  /** Its filter also looks at pods of other nodes, so it is made anew where pods are taken away or added in thought. */
  readonly wide?: boolean;
  /** Once for a pod: a filter, a refusal of the whole pod, or undefined where the plugin has nothing to say. */
  readonly prepareFilter?: (pod: Pod, snapshot: Snapshot) => PodFilter | Rejection | undefined;
  /** `feasible`: the nodes that passed all filters. */
  readonly prepareScore?: (pod: Pod, feasible: readonly NodeInfo[], snapshot: Snapshot) => PodScorer | undefined;
  /** Takes what the pod needs on the node that was chosen, at once and in memory only. Throws when it is not there any more. */
  readonly reserve?: (pod: Pod, node: NodeInfo) => Reservation | undefined;
  /** Default 1. */
  readonly weight?: number;
  /** Whether a change in the cluster could make a pod schedulable that this plugin refused. */
  readonly mayHelp?: (event: ClusterEvent, pod: Pod) => boolean;
}

export function isRejection(value: PodFilter | Rejection): value is Rejection {
  return 'reasons' in value;
}
