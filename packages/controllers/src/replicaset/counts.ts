// How many pods a ReplicaSet has and in what state, kept from event to event: a large set is not looked through for each of its pods.
import { controllerOf, type Informer, type InformerEvent } from '@holdfast/controller';
import { type LabelMatcher, labelSelector, type Pod, type ReplicaSet } from '@holdfast/schema';
import { isActive, isReady } from '../pods/pod-health.ts';

export interface Counts {
  /** Neither ended nor going. */
  readonly active: number;
  /** Of the active ones: those with all labels of the template, and those that are Ready. */
  readonly fullyLabeled: number;
  readonly ready: number;
}

/** The counts of pods that all belong to the set. */
export function countPods(set: ReplicaSet, pods: readonly Pod[]): Counts {
  const tally = new Tally(set);
  for (const pod of pods) tally.set(pod);
  return tally;
}

/** By the uid of the set; `pods` has an index of that name by the uid of a pod's controller. */
export class PodCounts {
  readonly #pods: Pick<Informer<Pod>, 'byIndex' | 'addHandler'>;
  readonly #index: string;
  readonly #tallies = new Map<string, Tally>();

  /** Must hear of a pod before those who ask for counts do. */
  constructor(pods: Pick<Informer<Pod>, 'byIndex' | 'addHandler'>, index: string) {
    this.#pods = pods;
    this.#index = index;
    pods.addHandler((event) => this.#follow(event));
  }

  /** Undefined where a pod does not have the labels (any more) that the set selects. */
  of(set: ReplicaSet): Counts | undefined {
    const uid = set.metadata.uid ?? '';
    const known = this.#tallies.get(uid);
    const tally = known?.isFor(set) ? known : new Tally(set);
    if (tally !== known) {
      for (const pod of this.#pods.byIndex(this.#index, uid)) tally.set(pod);
      this.#tallies.set(uid, tally);
    }
    return tally.misfits === 0 ? tally : undefined;
  }

  forget(set: ReplicaSet): void {
    this.#tallies.delete(set.metadata.uid ?? '');
  }

  #follow(event: InformerEvent<Pod>): void {
    const now = event.type === 'deleted' ? undefined : controllerOf(event.object)?.uid;
    const before = event.type === 'updated' ? controllerOf(event.old)?.uid : controllerOf(event.object)?.uid;
    if (before !== undefined && before !== now) this.#tallies.get(before)?.delete(event.object);
    if (now !== undefined) this.#tallies.get(now)?.set(event.object);
  }
}

/** What a pod counts as. */
const ACTIVE = 1;
const LABELED = 2;
const READY = 4;
const MISFIT = 8;

class Tally implements Counts {
  active = 0;
  fullyLabeled = 0;
  ready = 0;
  misfits = 0;
  readonly #selector: unknown;
  readonly #labels: unknown;
  readonly #matcher: LabelMatcher;
  readonly #wanted: readonly (readonly [string, string])[];
  /** By uid. */
  readonly #known = new Map<string, number>();

  constructor({ spec }: ReplicaSet) {
    this.#selector = spec?.selector;
    this.#labels = spec?.template?.metadata?.labels;
    this.#matcher = labelSelector(spec?.selector);
    this.#wanted = Object.entries(spec?.template?.metadata?.labels ?? {});
  }

  /** Whether it counts by what the set says now; a status that is written leaves that as it is, the very same objects. */
  isFor({ spec }: ReplicaSet): boolean {
    return spec?.selector === this.#selector && spec?.template?.metadata?.labels === this.#labels;
  }

  set(pod: Pod): void {
    const uid = uidOf(pod);
    const before = this.#known.get(uid) ?? 0;
    const now = this.#kindOf(pod);
    this.#known.set(uid, now);
    if (before === now) return;
    this.#add(before, -1);
    this.#add(now, 1);
  }

  delete(pod: Pod): void {
    const uid = uidOf(pod);
    this.#add(this.#known.get(uid) ?? 0, -1);
    this.#known.delete(uid);
  }

  #kindOf(pod: Pod): number {
    const { labels } = pod.metadata;
    const misfit = this.#matcher.matches(labels) ? 0 : MISFIT;
    if (!isActive(pod)) return misfit;
    const labeled = this.#wanted.every(([key, value]) => labels?.[key] === value) ? LABELED : 0;
    return ACTIVE | labeled | (isReady(pod) ? READY : 0) | misfit;
  }

  #add(kind: number, by: 1 | -1): void {
    if (kind & ACTIVE) this.active += by;
    if (kind & LABELED) this.fullyLabeled += by;
    if (kind & READY) this.ready += by;
    if (kind & MISFIT) this.misfits += by;
  }
}

function uidOf({ metadata }: Pod): string {
  return metadata.uid ?? `${metadata.namespace}/${metadata.name}`;
}
