// The garbage collector: deletes what lost all its owners, over every resource that the server has.
import {
  type Component,
  type ComponentContext,
  type ComponentFactory,
  createEventRecorder,
  type InformerEvent,
  Workqueue,
} from '@holdfast/controller';
import {
  apiVersionOf,
  deepEqual,
  ignoreNotFound,
  isConflict,
  isNotFound,
  type KubeObject,
  type OwnerReference,
  type ResourceType,
} from '@holdfast/schema';
import { decide, type OwnerState } from './decide.ts';
import { DependencyGraph, type Place, placeKey } from './graph.ts';
import { Monitors } from './monitors.ts';

const WORKERS = 20;
/** So many owners are remembered as gone; upstream's number. */
const ABSENT_OWNERS = 500;

export const garbageCollector: ComponentFactory = (context) => new GarbageCollector(context);

class GarbageCollector implements Component {
  readonly name = 'garbagecollector';
  readonly #context: ComponentContext;
  readonly #graph = new DependencyGraph();
  readonly #queue: Workqueue<string>;
  readonly #places = new Map<string, Place>();
  /** Objects with an owner of a kind that is not known (yet). */
  readonly #undecided = new Map<string, Place>();
  /** Owners whose deletion was seen, as references name them, the latest last. */
  readonly #absent = new Set<string>();
  readonly #monitors: Monitors;
  readonly #events: ReturnType<typeof createEventRecorder>;
  #workers: Promise<unknown> = Promise.resolve();

  constructor(context: ComponentContext) {
    this.#context = context;
    this.#queue = new Workqueue({ clock: context.clock });
    this.#monitors = new Monitors(context, {
      changed: (type, event) => this.#observe(type, event),
      hidden: (type, object) => this.#forget(type, object),
      kindsAdded: () => this.#decideAgain(),
    });
    this.#events = createEventRecorder({ ...context, component: 'garbage-collector-controller' });
  }

  /** At once, as upstream: the collector begins its work when it knows what there is, and nobody waits for that. */
  start(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#queue.shutDown(), { once: true });
    if (signal.aborted) this.#queue.shutDown();
    this.#monitors.start(signal);
    this.#workers = this.#run(signal);
    return Promise.resolve();
  }

  async stopped(): Promise<void> {
    await Promise.all([this.#monitors.stopped(), this.#workers]);
  }

  async #run(signal: AbortSignal): Promise<void> {
    // Before, an owner that waits for its dependents would seem to have none.
    await Promise.race([this.#monitors.whenSynced(), aborted(signal)]);
    await Promise.all(Array.from({ length: WORKERS }, () => this.#work(signal)));
  }

  #observe(type: ResourceType, event: InformerEvent<KubeObject>): void {
    const { object } = event;
    const place = placeOf(type, object);
    if (event.type === 'deleted') {
      this.#graph.delete(place, object);
      this.#undecided.delete(placeKey(place));
      const dependents = this.#graph.dependentsOf(object.metadata.uid ?? '');
      if (dependents.length > 0) this.#rememberAbsent(referenceKey(apiVersionOf(type), object.metadata.uid));
      for (const dependent of dependents) this.#add(dependent);
      // An owner that waits for this one may be free to go.
      for (const owner of object.metadata.ownerReferences ?? []) this.#addOwner(object, owner);
      return;
    }
    this.#graph.set(place, object, event.type === 'updated' ? event.old : undefined);
    const leaving =
      object.metadata.deletionTimestamp &&
      object.metadata.finalizers?.some((finalizer) => finalizer === 'orphan' || finalizer === 'foregroundDeletion');
    // Nearly all changes are of something else.
    if (!leaving && event.type === 'updated' && sameOwners(event.old, object)) return;
    if (leaving || object.metadata.ownerReferences?.length) this.#add(place);
    if (leaving) for (const dependent of this.#graph.dependentsOf(object.metadata.uid ?? '')) this.#add(dependent);
    // References that were taken away may free an owner that waits.
    if (event.type === 'updated') for (const owner of event.old.metadata.ownerReferences ?? []) this.#addOwner(object, owner);
  }

  /** Whether it is there when its kind is served again is asked then. */
  #forget(type: ResourceType, object: KubeObject): void {
    this.#graph.delete(placeOf(type, object), object);
    for (const dependent of this.#graph.dependentsOf(object.metadata.uid ?? '')) this.#add(dependent);
  }

  #rememberAbsent(key: string): void {
    this.#absent.add(key);
    const [oldest] = this.#absent;
    if (this.#absent.size > ABSENT_OWNERS && oldest !== undefined) this.#absent.delete(oldest);
  }

  #decideAgain(): void {
    const places = [...this.#undecided.values()];
    this.#undecided.clear();
    for (const place of places) this.#add(place);
  }

  #add(place: Place): void {
    const key = placeKey(place);
    this.#places.set(key, place);
    this.#queue.add(key);
  }

  #addOwner(dependent: KubeObject, owner: OwnerReference): void {
    const type = this.#monitors.watchedType(owner);
    if (type) this.#add({ type, namespace: type.namespaced ? (dependent.metadata.namespace ?? '') : '', name: owner.name });
  }

  async #work(signal: AbortSignal): Promise<void> {
    // Ends when the queue is shut down, which the signal does.
    for (let key = await this.#queue.get(); key !== undefined; key = await this.#queue.get()) {
      const place = this.#places.get(key);
      // Before it is worked on: who adds it meanwhile asks for another look, which must not be forgotten with this one.
      this.#places.delete(key);
      try {
        if (place) await this.#process(place);
        this.#queue.forget(key);
      } catch (error) {
        if (!isConflict(error)) this.#failed(error, signal);
        if (place) this.#places.set(key, place);
        this.#queue.add(key, { rateLimited: true });
      } finally {
        this.#queue.done(key);
      }
    }
  }

  #failed(err: unknown, signal: AbortSignal): void {
    if (!signal.aborted) this.#context.log.error({ controller: this.name, err }, 'garbage collection failed');
  }

  async #process(place: Place): Promise<void> {
    const object = this.#monitors.get(place);
    if (!object) return;
    const finalizers = object.metadata.finalizers ?? [];
    if (object.metadata.deletionTimestamp) {
      if (finalizers.includes('orphan')) await this.#orphanDependents(place, object);
      else if (finalizers.includes('foregroundDeletion')) await this.#deleteDependents(place, object);
      return;
    }
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const states = await Promise.all(owners.map((owner) => this.#ownerState(place, object, owner)));
    const verdict = decide(object, states, this.#graph.dependentsOf(object.metadata.uid ?? '').length > 0);
    const key = { namespace: place.namespace, name: place.name };
    if (verdict.kind === 'unlink') {
      const ownerReferences = owners.filter((owner) => !verdict.uids.includes(owner.uid));
      await this.#context.client.patch(place.type, key, {
        type: 'merge',
        body: { metadata: { uid: object.metadata.uid, resourceVersion: object.metadata.resourceVersion, ownerReferences } },
      });
    } else if (verdict.kind === 'delete') {
      const preconditions = { uid: object.metadata.uid };
      await this.#context.client.delete(place.type, key, { propagationPolicy: verdict.policy, preconditions }).catch(ignoreNotFound);
    }
  }

  async #ownerState(place: Place, object: KubeObject, owner: OwnerReference): Promise<OwnerState> {
    if (this.#absent.has(referenceKey(owner.apiVersion, owner.uid))) return { owner, state: 'absent' };
    const type = this.#monitors.typeOf(owner);
    if (!type) {
      // Nothing is deleted for an owner of a kind that the server does not know (yet).
      this.#undecided.set(placeKey(place), place);
      return { owner, state: 'solid' };
    }
    if (type.namespaced && place.namespace === '') {
      this.#events.event(
        object,
        'Warning',
        'OwnerRefInvalidNamespace',
        `ownerRef [${apiVersionOf(type)}/${owner.kind}, namespace: , name: ${owner.name}, uid: ${owner.uid}] does not exist in namespace ""`,
      );
      return { owner, state: 'absent' };
    }
    const at: Place = { type, namespace: type.namespaced ? place.namespace : '', name: owner.name };
    let found = this.#monitors.get(at);
    if (found?.metadata.uid !== owner.uid) {
      // The cache may be behind: only the server knows for sure that an owner is gone.
      found = await this.#context.client.get(type, { namespace: at.namespace, name: at.name }).catch(absent);
      if (found?.metadata.uid !== owner.uid) return { owner, state: 'absent' };
    }
    const waiting = Boolean(found.metadata.deletionTimestamp) && (found.metadata.finalizers ?? []).includes('foregroundDeletion');
    return { owner, state: waiting ? 'waiting' : 'solid' };
  }

  async #orphanDependents(place: Place, owner: KubeObject): Promise<void> {
    for (const dependent of this.#graph.dependentsOf(owner.metadata.uid ?? '')) {
      const object = this.#monitors.get(dependent);
      if (!object) continue;
      const ownerReferences = (object.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== owner.metadata.uid);
      const body = { metadata: { uid: object.metadata.uid, resourceVersion: object.metadata.resourceVersion, ownerReferences } };
      await this.#context.client
        .patch(dependent.type, { namespace: dependent.namespace, name: dependent.name }, { type: 'merge', body })
        .catch(ignoreNotFound);
    }
    await this.#removeFinalizer(place, owner, 'orphan');
  }

  async #deleteDependents(place: Place, owner: KubeObject): Promise<void> {
    const blocking = this.#graph.dependentsOf(owner.metadata.uid ?? '').filter((dependent) => {
      const object = this.#monitors.get(dependent);
      return object?.metadata.ownerReferences?.some((reference) => reference.uid === owner.metadata.uid && reference.blockOwnerDeletion);
    });
    if (blocking.length === 0) return this.#removeFinalizer(place, owner, 'foregroundDeletion');
    for (const dependent of blocking) this.#add(dependent);
  }

  async #removeFinalizer({ type, namespace, name }: Place, object: KubeObject, finalizer: string): Promise<void> {
    const finalizers = (object.metadata.finalizers ?? []).filter((other) => other !== finalizer);
    const body = { metadata: { uid: object.metadata.uid, resourceVersion: object.metadata.resourceVersion, finalizers } };
    await this.#context.client.patch(type, { namespace, name }, { type: 'merge', body }).catch(ignoreNotFound);
  }
}

function referenceKey(apiVersion: string, uid = ''): string {
  return `${apiVersion} ${uid}`;
}

function placeOf(type: ResourceType, { metadata: { namespace = '', name = '' } }: KubeObject): Place {
  return { type, namespace, name };
}

/** For `.catch`: the server has no object of that name. That it does not serve the path says nothing about objects. */
function absent(error: unknown): undefined {
  if (!isNotFound(error) || error.status.details?.name === undefined) throw error;
  return undefined;
}

function sameOwners({ metadata: old }: KubeObject, { metadata }: KubeObject): boolean {
  return deepEqual(old.ownerReferences ?? [], metadata.ownerReferences ?? []);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
