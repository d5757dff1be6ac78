// What the agent remembers of one container of a pod. Values: a change makes a new record.
import type { BackOff } from '@holdfast/controller';
import type { Container, Pod, PodSpec } from '@holdfast/schema';

/**
 * Init containers run to completion, sidecars (init containers with restartPolicy Always) run beside the main ones; ephemeral ones are
 * added to a pod that runs, run once, and say nothing about its state.
 */
export type ContainerRole = 'init' | 'sidecar' | 'main' | 'ephemeral';

/** How a run ended. */
export interface Termination {
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string | undefined;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly containerId: string;
}

export type ContainerPhase =
  /** `retryAtMs`: when the next attempt is due; absent: as soon as its turn comes. */
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string; readonly retryAtMs?: number }
  | { readonly kind: 'running'; readonly startedAtMs: number }
  | { readonly kind: 'terminated'; readonly termination: Termination };

export interface ContainerRecord {
  readonly name: string;
  readonly role: ContainerRole;
  readonly phase: ContainerPhase;
  /** The run before the current one, or the last run while waiting. */
  readonly last?: Termination;
  readonly restartCount: number;
  /** Whether it was ever created: the next creation is a restart. */
  readonly created: boolean;
  readonly image: string;
  readonly imageId: string;
  readonly containerId?: string;
  readonly ready: boolean;
  readonly started: boolean;
  /** Whether it has once been started in the sense of `started`: sidecars then no longer hold others back. */
  readonly everStarted: boolean;
  readonly restartBackOff?: BackOff;
}

/** A container with its role. */
export interface RoledContainer {
  readonly container: Container;
  readonly role: ContainerRole;
}

/** All containers of a pod in the order of their start. */
export function containersOf(spec: PodSpec): readonly RoledContainer[] {
  const init = (spec.initContainers ?? []).map(
    (container): RoledContainer => ({ container, role: container.restartPolicy === 'Always' ? 'sidecar' : 'init' }),
  );
  return [...init, ...spec.containers.map((container): RoledContainer => ({ container, role: 'main' }))];
}

/** Containers that were added to look into the pod. */
export function ephemeralOf({ ephemeralContainers = [] }: PodSpec): readonly RoledContainer[] {
  // All that is different about them is what they must not have.
  return ephemeralContainers.map((container) => ({ container: container as Container, role: 'ephemeral' }));
}

/** A container that has not been looked at. */
export function newRecord({ container, role }: RoledContainer, spec: PodSpec): ContainerRecord {
  const initializing = role === 'init' || role === 'sidecar' || (role === 'main' && (spec.initContainers?.length ?? 0) > 0);
  return {
    name: container.name,
    role,
    phase: { kind: 'waiting', reason: initializing ? 'PodInitializing' : 'ContainerCreating' },
    restartCount: 0,
    created: false,
    image: container.image ?? '',
    imageId: '',
    ready: false,
    started: false,
    everStarted: false,
  };
}

/** Where the container stands in its pod, as events name it: 'spec.initContainers{init}'. */
export function fieldPathOf({ spec }: Pod, name: string): string {
  const lists = ['initContainers', 'ephemeralContainers'] as const;
  const list = lists.find((one) => spec?.[one]?.some((container) => container.name === name)) ?? 'containers';
  return `spec.${list}{${name}}`;
}

/** The last termination, whether it is the current state or lies behind one. */
export function lastTermination(record: ContainerRecord): Termination | undefined {
  return record.phase.kind === 'terminated' ? record.phase.termination : record.last;
}
