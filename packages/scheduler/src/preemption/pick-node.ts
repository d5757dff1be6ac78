// On which node the least is lost: pure (upstream's pickOneNodeForPreemption).
import { priorityOf } from '../pod-facts.ts';
import { startMs, type Victims } from './victims.ts';

/** A node, and who would have to go there. */
export interface Candidate {
  readonly nodeName: string;
  readonly victims: Victims;
}

/** So that fewer victims with negative priorities are not worse than many (upstream's MaxInt32 + 1). */
const PRIORITY_OFFSET = 2 ** 31;

/**
 * The fewest broken budgets; then the lowest highest priority; then the lowest sum of priorities; then the fewest pods; then the
 * latest start of the most important ones; then the first.
 */
export function pickNode(candidates: readonly Candidate[], nowMs: number): Candidate | undefined {
  const measures: readonly ((victims: Victims) => number)[] = [
    ({ violations }) => violations,
    ({ pods }) => (pods[0] ? priorityOf(pods[0]) : Number.NEGATIVE_INFINITY),
    ({ pods }) => pods.reduce((sum, pod) => sum + priorityOf(pod) + PRIORITY_OFFSET, 0),
    ({ pods }) => pods.length,
    ({ pods }) => -earliestOfHighest(pods, nowMs),
  ];
  let left = candidates;
  for (const measure of measures) {
    const least = Math.min(...left.map(({ victims }) => measure(victims)));
    left = left.filter(({ victims }) => measure(victims) === least);
    if (left.length <= 1) break;
  }
  return left[0];
}

function earliestOfHighest(pods: Victims['pods'], nowMs: number): number {
  const highest = Math.max(...pods.map(priorityOf));
  return Math.min(...pods.filter((pod) => priorityOf(pod) === highest).map((pod) => startMs(pod, nowMs)));
}
