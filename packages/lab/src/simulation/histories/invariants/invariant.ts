// What every invariant is given, and what it says when it does not hold.
import type { SimulatedContainer } from '@holdfast/agent';
import type { KubeObject, ResourceType } from '@holdfast/schema';
import type { Change } from '../../recording-store.ts';
import type { Deeds } from '../deeds.ts';

export type InvariantName =
  | 'identity'
  | 'order'
  | 'retain'
  | 'binding'
  | 'budget'
  | 'surge'
  | 'available'
  | 'daemons'
  | 'jobs'
  | 'kept'
  | 'endpoints'
  | 'finalizers'
  | 'convergence'
  | 'restart'
  | 'bugs';

/** A moment at which an invariant did not hold. */
export interface Violation {
  readonly invariant: InvariantName;
  /** Milliseconds since the world was set up. */
  readonly atMs: number;
  /** A sentence with the names that it is about. */
  readonly message: string;
}

export interface Watching {
  readonly deeds: Deeds;
  /** What there is of a resource, after the change that is looked at. */
  readonly list: <T extends KubeObject>(type: ResourceType<T>) => readonly T[];
  /** One object of the world's namespace, or of the cluster. */
  readonly get: <T extends KubeObject>(type: ResourceType<T>, name: string) => T | undefined;
  /** The containers that run. */
  readonly containers: () => readonly SimulatedContainer[];
  readonly report: (message: string) => void;
}

/** Looks at every change as it is made. `atMs` is the clock's time. */
export interface Invariant {
  readonly change?: (change: Change, atMs: number) => void;
  readonly started?: (container: SimulatedContainer) => void;
}
