// Whether a pod that fits nowhere could be given room by ending pods of lower priority, and where (upstream's DefaultPreemption).
import type { Random } from '@holdfast/clock';
import { findCondition } from '@holdfast/controller';
import type { Pod, PodDisruptionBudget } from '@holdfast/schema';
import type { Snapshot } from '../cache/snapshot.ts';
import type { Diagnosis } from '../fit-error.ts';
import { preemptionMessage } from '../fit-error.ts';
import type { Framework } from '../framework/framework.ts';
import { priorityOf } from '../pod-facts.ts';
import { type Candidate, pickNode } from './pick-node.ts';
import { victimsOn } from './victims.ts';

/** Condition of pods that go for others (upstream's words). */
export const PREEMPTED_REASON = 'PreemptionByScheduler';

export type Preemption =
  /** These pods have to go; the pod waits for the node. */
  | { readonly kind: 'nominate'; readonly nodeName: string; readonly victims: readonly Pod[] }
  /** `message` goes behind FailedScheduling's. `keepNomination`: the room that is being made is still wanted. */
  | { readonly kind: 'none'; readonly message: string; readonly keepNomination: boolean };

export interface PreemptionQuery {
  readonly pod: Pod;
  readonly diagnosis: Diagnosis;
  readonly framework: Framework;
  readonly snapshot: Snapshot;
  readonly budgets: readonly PodDisruptionBudget[];
  /** The node that is being made free for the pod, if any. */
  readonly nominated: string | undefined;
  readonly random: Random;
  readonly nowMs: number;
}

/** Upstream's minCandidateNodesPercentage and minCandidateNodesAbsolute: in a large cluster not every node is tried. */
const CANDIDATES = { percent: 10, absolute: 100 };

export function findPreemption(query: PreemptionQuery): Preemption {
  const { pod, diagnosis, random, nowMs } = query;
  const refused = notEligible(query);
  if (refused !== undefined) return { kind: 'none', message: `preemption: ${refused}`, keepNomination: true };
  const helpful = diagnosis.preFilter ? [] : [...diagnosis.nodes].filter(([, { preemptible }]) => preemptible).map(([name]) => name);
  const enough = Math.min(helpful.length, Math.max(Math.floor((helpful.length * CANDIDATES.percent) / 100), CANDIDATES.absolute));
  const offset = helpful.length > 1 ? random.int(helpful.length) : 0;
  const candidates: Candidate[] = [];
  const tried = new Map<string, readonly string[]>();
  const dryRun = query.framework.dryRun(pod, query.snapshot);
  for (let i = 0; i < helpful.length && candidates.length < enough; i++) {
    const nodeName = helpful[(offset + i) % helpful.length] ?? '';
    const node = query.snapshot.node(nodeName);
    if (!node) continue;
    const victims = victimsOn({ pod, node, budgets: query.budgets, refusal: dryRun, nowMs });
    if ('pods' in victims) candidates.push({ nodeName, victims });
    else tried.set(nodeName, victims);
  }
  const best = pickNode(candidates, nowMs);
  if (!best) return { kind: 'none', message: preemptionMessage(diagnosis, tried), keepNomination: false };
  return { kind: 'nominate', nodeName: best.nodeName, victims: best.victims.pods };
}

/** Why the pod may not send others away; undefined when it may. */
function notEligible({ pod, diagnosis, snapshot, nominated }: PreemptionQuery): string | undefined {
  if (pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  if (nominated === undefined) return undefined;
  // Where the node turned out to be of no use at all, another may be looked for.
  if (diagnosis.nodes.get(nominated)?.preemptible === false) return undefined;
  const pods = snapshot.node(nominated)?.pods ?? [];
  const isLeaving = pods.some((other) => priorityOf(other.pod) < priorityOf(pod) && isPreempted(other.pod));
  return isLeaving ? 'not eligible due to a terminating pod on the nominated node.' : undefined;
}

function isPreempted({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  const condition = findCondition(status?.conditions, 'DisruptionTarget');
  return condition?.status === 'True' && condition.reason === PREEMPTED_REASON;
}
