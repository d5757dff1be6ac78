// What a kind of workload has to say for histories: how it is made, made smaller, told, and what it has to come to.
import type { Random } from '@holdfast/clock';
import type { KubeObject, Pod, ResourceType } from '@holdfast/schema';

export interface Shape {
  readonly kind: string;
  readonly name: string;
}

export interface WorkloadKind<S extends Shape, T extends KubeObject = KubeObject> {
  readonly type: ResourceType<T>;
  readonly generate: (random: Random, name: string) => S;
  /** The object as its owner wrote it. */
  readonly objectOf: (shape: S) => T;
  /** Simpler ones, to make a failing history shorter. */
  readonly smaller: (shape: S) => Iterable<S>;
  readonly describe: (shape: S) => string;
  /** What of it is worth telling when it changes. */
  readonly state: (object: T) => string;
  /** What is not as its owner wants it, in sentences; `pods` are its own. */
  readonly unfinished: (object: T, pods: readonly Pod[]) => readonly string[];
  /** What two runs of a history must agree on, without what chance decides. */
  readonly outcome: (object: T, pods: readonly Pod[]) => readonly string[];
}

/** The most pods that a workload of a world may want. */
export const MOST_REPLICAS = 4;
