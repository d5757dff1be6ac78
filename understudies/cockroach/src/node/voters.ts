// The next step towards a group in which every member of the cluster votes: first it catches up, then it gets its vote.
import type { Configuration } from '../raft/messages.ts';

/** The configuration to propose; undefined where nothing is to be changed yet. `caughtUp`: learners that have all of the log but its end. */
export function nextConfiguration(
  current: Configuration,
  members: readonly number[],
  caughtUp: readonly number[],
): Configuration | undefined {
  const { voters, learners } = current;
  const ready = learners.find((id) => caughtUp.includes(id));
  if (ready !== undefined) return { voters: [...voters, ready], learners: learners.filter((id) => id !== ready) };
  const missing = members.filter((id) => !voters.includes(id) && !learners.includes(id));
  return missing.length > 0 ? { voters, learners: [...learners, ...missing] } : undefined;
}
