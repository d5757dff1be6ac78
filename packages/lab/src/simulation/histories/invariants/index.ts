// The invariants that are watched while a history runs.
import { binding } from './binding.ts';
import { budget } from './budget.ts';
import { identity } from './identity.ts';
import type { Invariant, Watching } from './invariant.ts';
import { order } from './order.ts';
import { retain } from './retain.ts';

export type { Invariant, InvariantName, Violation, Watching } from './invariant.ts';

/** One of each. */
export function invariants(watching: (name: Invariant['name']) => Watching): readonly Invariant[] {
  return [
    identity(watching('identity')),
    order(watching('order')),
    retain(watching('retain')),
    binding(watching('binding')),
    budget(watching('budget')),
  ];
}
