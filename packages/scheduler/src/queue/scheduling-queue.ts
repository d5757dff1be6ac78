// Pods that wait to be placed: ready to be tried, backing off, or waiting for something to change.
import type { CancelTimer, Clock } from '@holdfast/clock';
import { Heap, untoleratedTaint } from '@holdfast/controller';
import type { Pod } from '@holdfast/schema';
import type { Plugin } from '../framework/plugin.ts';
import type { ClusterEvent } from './cluster-event.ts';

/** kube-scheduler's podInitialBackoffSeconds, podMaxBackoffSeconds and podMaxInUnschedulablePodsDuration. */
const INITIAL_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 10_000;
const FLUSH_AFTER_MS = 300_000;

/** A pod in the queue. */
export interface QueuedPod {
  readonly pod: Pod;
  readonly attempts: number;
  /** When it came into the queue or was last tried. */
  readonly sinceMs: number;
  /** Plugins that refused it last time. Empty: any event is worth a try. */
  readonly refusedBy: ReadonlySet<string>;
}

type Place = 'active' | 'backoff' | 'waiting';

interface Entry extends QueuedPod {
  readonly place: Place;
  readonly order: number;
  readonly cancel?: CancelTimer;
}

export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #plugins: ReadonlyMap<string, Plugin>;
  readonly #wake: () => void;
  readonly #entries = new Map<string, Entry>();
  /** May hold entries that were replaced meanwhile; they are skipped when they come up. */
  readonly #active = new Heap<Entry>(before);
  /** Those of #entries that wait for a change. */
  readonly #waiting = new Set<string>();
  /** Pods being tried, with what happened meanwhile: such an event must not be lost. */
  readonly #tried = new Map<string, ClusterEvent[]>();
  readonly #bound = new Set<string>();
  #order = 0;

  /** `wake` is called when a pod has become ready. */
  constructor(clock: Clock, plugins: readonly Plugin[], wake: () => void) {
    this.#clock = clock;
    this.#plugins = new Map(plugins.map((plugin) => [plugin.name, plugin]));
    this.#wake = wake;
  }

  /** A new pod: to be tried at once. */
  add(pod: Pod): void {
    const uid = uidOf(pod);
    if (this.#isInFlight(uid)) return;
    this.#put(uid, { pod, attempts: 0, sinceMs: this.#clock.now(), refusedBy: new Set() }, 'active');
  }

  /** The pod's latest state; `mayHelp`: what changed could make it schedulable. */
  update(pod: Pod, mayHelp: boolean): void {
    const uid = uidOf(pod);
    const entry = this.#entries.get(uid);
    if (!entry) {
      if (!this.#isInFlight(uid)) this.add(pod);
      return;
    }
    this.#entries.set(uid, { ...entry, pod });
    if (mayHelp && entry.place === 'waiting') this.#retry(uid);
  }

  delete(pod: Pod): void {
    const uid = uidOf(pod);
    this.#entries.get(uid)?.cancel?.();
    this.#entries.delete(uid);
    this.#waiting.delete(uid);
    this.done(pod);
  }

  /** The next pod by priority, then by time; it counts as being tried until done or failed is called. */
  pop(): QueuedPod | undefined {
    for (let first = this.#active.pop(); first; first = this.#active.pop()) {
      const uid = uidOf(first.pod);
      const entry = this.#entries.get(uid);
      if (entry?.order !== first.order || entry.place !== 'active') continue;
      this.#entries.delete(uid);
      this.#tried.set(uid, []);
      return { pod: entry.pod, attempts: entry.attempts + 1, sinceMs: entry.sinceMs, refusedBy: entry.refusedBy };
    }
    return undefined;
  }

  /** A node was found; what happens from now on does not matter to the pod any more. */
  binding(pod: Pod): void {
    if (this.#tried.delete(uidOf(pod))) this.#bound.add(uidOf(pod));
  }

  /** The pod was placed, or does not want to be any more. */
  done(pod: Pod): void {
    this.#tried.delete(uidOf(pod));
    this.#bound.delete(uidOf(pod));
  }

  /** The pod was refused: it waits for an event that could help, then backs off. */
  failed(queued: QueuedPod, refusedBy: ReadonlySet<string>): void {
    const uid = uidOf(queued.pod);
    // Deleted while it was being tried.
    if (!this.#isInFlight(uid)) return;
    const meanwhile = this.#tried.get(uid) ?? [];
    this.done(queued.pod);
    const next = { ...queued, refusedBy, sinceMs: this.#clock.now() };
    // An error has no plugin to wait for: only time can help.
    if (refusedBy.size === 0 || meanwhile.some((event) => this.#helps(next, event))) this.#backOff(uid, next);
    else this.#wait(uid, next);
  }

  /** Something changed: brings back the pods that it could help. */
  move(event: ClusterEvent): void {
    for (const events of this.#tried.values()) events.push(event);
    for (const uid of this.#waiting) {
      const entry = this.#entries.get(uid);
      if (entry && this.#helps(entry, event)) this.#retry(uid);
    }
  }

  /** Pods in the queue, those being tried included. */
  size(): number {
    return this.#entries.size + this.#tried.size + this.#bound.size;
  }

  stop(): void {
    for (const { cancel } of this.#entries.values()) cancel?.();
    this.#entries.clear();
    this.#waiting.clear();
    this.#tried.clear();
    this.#bound.clear();
  }

  #isInFlight(uid: string): boolean {
    return this.#tried.has(uid) || this.#bound.has(uid);
  }

  #helps({ pod, refusedBy }: QueuedPod, event: ClusterEvent): boolean {
    // Upstream's check before a node's event: a node that repels the pod does not help it, whatever else it has become.
    if (event.kind === 'node' && untoleratedTaint(event.node.spec?.taints, pod.spec?.tolerations, ['NoSchedule'])) return false;
    for (const name of refusedBy) if (this.#plugins.get(name)?.mayHelp?.(event, pod)) return true;
    return refusedBy.size === 0;
  }

  #retry(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry) this.#backOff(uid, entry);
  }

  /** Doubles from one second to ten, measured from the last attempt. */
  #backOff(uid: string, queued: QueuedPod): void {
    const backoffMs = Math.min(INITIAL_BACKOFF_MS * 2 ** (queued.attempts - 1), MAX_BACKOFF_MS);
    const remainingMs = queued.attempts === 0 ? 0 : queued.sinceMs + backoffMs - this.#clock.now();
    if (remainingMs <= 0) this.#put(uid, queued, 'active');
    else
      this.#put(
        uid,
        queued,
        'backoff',
        this.#clock.after(remainingMs, () => this.#activate(uid)),
      );
  }

  #wait(uid: string, queued: QueuedPod): void {
    this.#put(
      uid,
      queued,
      'waiting',
      this.#clock.after(FLUSH_AFTER_MS, () => this.#activate(uid)),
    );
  }

  #activate(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry) this.#put(uid, entry, 'active');
  }

  #put(uid: string, { pod, attempts, sinceMs, refusedBy }: QueuedPod, place: Place, cancel?: CancelTimer): void {
    this.#entries.get(uid)?.cancel?.();
    const entry: Entry = { pod, attempts, sinceMs, refusedBy, place, order: this.#order++, ...(cancel ? { cancel } : {}) };
    this.#entries.set(uid, entry);
    if (place === 'waiting') this.#waiting.add(uid);
    else this.#waiting.delete(uid);
    if (place !== 'active') return;
    this.#active.push(entry);
    this.#wake();
  }
}

function before(a: Entry, b: Entry): boolean {
  const [x, y] = [a.pod.spec?.priority ?? 0, b.pod.spec?.priority ?? 0];
  return x !== y ? x > y : a.order < b.order;
}

function uidOf({ metadata }: Pod): string {
  return metadata.uid ?? `${metadata.namespace}/${metadata.name}`;
}
