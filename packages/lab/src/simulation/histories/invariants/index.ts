// The invariants that are watched while a history runs.
import { binding } from './binding.ts';
import { budget } from './budget.ts';
import { daemons } from './daemons.ts';
import { identity } from './identity.ts';
import type { Invariant, InvariantName, Watching } from './invariant.ts';
import { jobs } from './jobs.ts';
import { kept } from './kept.ts';
import { order } from './order.ts';
import { retain } from './retain.ts';
import { rollout } from './rollout.ts';

export type { Invariant, InvariantName, Violation, Watching } from './invariant.ts';

/** One of each. */
export function invariants(watching: (name: InvariantName) => Watching): readonly Invariant[] {
  return [
    identity(watching('identity')),
    order(watching('order')),
    retain(watching('retain')),
    binding(watching('binding')),
    budget(watching('budget')),
    rollout({ surge: watching('surge'), available: watching('available') }),
    daemons(watching('daemons')),
    jobs(watching('jobs')),
    kept(watching('kept')),
  ];
}
