// A history as data: a world, and what users do and what breaks in it at which moment.
import type { Version } from './owner.ts';
import type { World } from './world.ts';

/** What a user does. `pod` and `claim` are ordinals of a set; of other workloads, `pod` chooses among those there are. */
export type Action =
  /** The parallelism, for a job. */
  | { readonly do: 'scale'; readonly workload: string; readonly replicas: number }
  /** A change of the template to a version, or to an image that nobody has. */
  | { readonly do: 'rollout'; readonly workload: string; readonly version: number | 'missing' }
  /** Back to the template before, as `kubectl rollout undo` does. */
  | { readonly do: 'undo'; readonly workload: string }
  /** Pauses a deployment, suspends a job. */
  | { readonly do: 'pause' | 'resume'; readonly workload: string }
  | { readonly do: 'partition'; readonly workload: string; readonly ordinal: number }
  | { readonly do: 'deletePod'; readonly workload: string; readonly pod: number }
  | { readonly do: 'evictPod'; readonly workload: string; readonly pod: number }
  | { readonly do: 'deleteClaim'; readonly workload: string; readonly claim: number }
  | { readonly do: 'deleteWorkload'; readonly workload: string; readonly propagation: 'Background' | 'Foreground' | 'Orphan' }
  /** Makes it again as it was first. */
  | { readonly do: 'createWorkload'; readonly workload: string }
  /** Changes in which versions the resource of the workloads' owner is served: in none of them it cannot be seen. */
  | { readonly do: 'serve'; readonly versions: readonly Version[] }
  | { readonly do: 'deleteOwner'; readonly propagation: 'Background' | 'Foreground' | 'Orphan' }
  /** With every owner. */
  | { readonly do: 'deleteDefinition' }
  /** Makes an owner again, with its definition where that is gone, and the workloads that are gone. */
  | { readonly do: 'createOwner' }
  /** With everything in it. */
  | { readonly do: 'deleteNamespace' }
  /** Makes it again, with all that it had first. */
  | { readonly do: 'createNamespace' }
  | { readonly do: 'cordon' | 'uncordon'; readonly node: string }
  /** Cordons, then evicts every pod once; what is refused stays. */
  | { readonly do: 'drain'; readonly node: string };

/** Programs by name: 'controllers' (all of them at once), one that is apart by its account, 'scheduler', or a node. */
export type Fault =
  | { readonly fault: 'crashPod' | 'hangPod'; readonly workload: string; readonly pod: number }
  /** Power off; back after `forMs`. With `removed`, the Node object is deleted meanwhile, as a cloud does. */
  | { readonly fault: 'loseNode'; readonly node: string; readonly forMs: number; readonly removed: boolean }
  /** Crashes and starts again with nothing remembered. */
  | { readonly fault: 'restart'; readonly program: string; readonly forMs: number }
  | { readonly fault: 'restartApi'; readonly forMs: number }
  | { readonly fault: 'partition'; readonly program: string; readonly forMs: number }
  | { readonly fault: 'slow'; readonly program: string; readonly forMs: number; readonly delayMs: number }
  /** One request in `oneIn` fails this way. A lost reply: the request was carried out, and the caller does not learn of it. */
  | {
      readonly fault: 'lostReply' | 'refused' | 'conflict' | 'unavailable';
      readonly program: string;
      readonly forMs: number;
      readonly oneIn: number;
    };

/** `atMs`: after the world was set up. */
export type Step = { readonly atMs: number } & (Action | Fault);

export interface History {
  readonly seed: number;
  readonly world: World;
  /** In order of time. */
  readonly steps: readonly Step[];
  /** When given, the history runs a second time, with this program restarted at this moment, and must end the same. */
  readonly restart?: { readonly atMs: number; readonly program: string } | undefined;
}

/** When the last fault is over, and the last action done. */
export function endOf({ steps }: History): number {
  return Math.max(0, ...steps.map((step) => step.atMs + ('forMs' in step ? step.forMs : 0)));
}
