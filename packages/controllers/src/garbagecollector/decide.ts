// What becomes of an object whose owners are there, on their way out, or gone.
import type { KubeObject, OwnerReference } from '@holdfast/schema';

/** What is known of one owner. `waiting`: it is being deleted in the foreground and waits for its dependents. */
export interface OwnerState {
  readonly owner: OwnerReference;
  readonly state: 'solid' | 'waiting' | 'absent';
}

export type Verdict =
  | { readonly kind: 'keep' }
  /** Some owners are gone: only their references go. */
  | { readonly kind: 'unlink'; readonly uids: readonly string[] }
  | { readonly kind: 'delete'; readonly policy: 'Background' | 'Foreground' | 'Orphan' };

/** Upstream's attemptToDeleteItem. */
export function decide(object: KubeObject, owners: readonly OwnerState[], hasDependents: boolean): Verdict {
  if (owners.length === 0) return { kind: 'keep' };
  const of = (state: OwnerState['state']): readonly OwnerState[] => owners.filter((entry) => entry.state === state);
  const gone = [...of('absent'), ...of('waiting')];
  if (of('solid').length > 0) return gone.length === 0 ? { kind: 'keep' } : { kind: 'unlink', uids: gone.map(({ owner }) => owner.uid) };
  if (of('waiting').length > 0 && hasDependents) return { kind: 'delete', policy: 'Foreground' };
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes('orphan')) return { kind: 'delete', policy: 'Orphan' };
  if (finalizers.includes('foregroundDeletion')) return { kind: 'delete', policy: 'Foreground' };
  return { kind: 'delete', policy: 'Background' };
}
