// What the garbage collector watches: one cache of each resource that discovery tells of.
import { type ComponentContext, type Informer, type InformerEvent, Workqueue } from '@holdfast/controller';
import {
  apiVersionOf,
  type CustomResourceDefinition,
  CUSTOMRESOURCEDEFINITIONS,
  type KubeObject,
  type OwnerReference,
  parseApiVersion,
  type ResourceType,
} from '@holdfast/schema';
import { discover, type DiscoveredResource } from '../discovery/discover.ts';
import { definedResource, laggingResources } from './discovery-lag.ts';
import type { Place } from './graph.ts';

/** Nothing owns these, they own nothing, and there are many of them. */
const IGNORED = new Set(['events', 'events.events.k8s.io']);
/** A server that does not answer is asked again as kube-controller-manager asks one at its start, and in the end as its collector does. */
const RETRY = { baseDelayMs: 1000, maxDelayMs: 30_000 } as const;
const DISCOVERY = 'discovery';

export interface MonitorEvents {
  /** A change of an object of any resource. */
  changed(type: ResourceType, event: InformerEvent<KubeObject>): void;
  /** An object cannot be seen any more: the server no longer serves its resource. Whether it is gone nobody knows. */
  hidden(type: ResourceType, object: KubeObject): void;
  /** There are kinds that were not known before. */
  kindsAdded(): void;
}

/** One resource in the version in which it is watched. */
interface Monitor {
  readonly type: ResourceType;
  readonly informer: Informer<KubeObject>;
  /** The version that was watched before, until this one has been listed. */
  readonly before: Monitor | undefined;
  stop(): void;
}

export class Monitors {
  readonly #context: ComponentContext;
  readonly #events: MonitorEvents;
  /** Its only key is discovery itself: once at a time, and later after each failure. */
  readonly #queue: Workqueue;
  readonly #definitions: Informer<CustomResourceDefinition>;
  /** Resources whose definition was deleted, until discovery says so too. */
  readonly #removed = new Set<string>();
  readonly #monitors = new Map<string, Monitor>();
  #types: ReadonlyMap<string, ResourceType> = new Map();
  #kinds: ReadonlyMap<string, ResourceType> = new Map();
  readonly #followed: Promise<void>;
  #markFollowed: () => void = () => undefined;
  #following: Promise<void> = Promise.resolve();

  constructor(context: ComponentContext, events: MonitorEvents) {
    this.#context = context;
    this.#events = events;
    this.#queue = new Workqueue({ clock: context.clock, ...RETRY });
    this.#definitions = context.informers.informer(CUSTOMRESOURCEDEFINITIONS);
    this.#followed = new Promise((resolve) => {
      this.#markFollowed = resolve;
    });
  }

  /** Follows every resource that can be listed, watched and deleted, and those that are defined later, until the signal aborts. */
  start(signal: AbortSignal): void {
    signal.addEventListener('abort', () => this.#queue.shutDown(), { once: true });
    if (signal.aborted) this.#queue.shutDown();
    this.#queue.add(DISCOVERY);
    this.#definitions.addHandler((event) => {
      if (event.type === 'deleted') this.#removed.add(definedResource(event.object));
      this.#queue.add(DISCOVERY);
    });
    this.#following = this.#work(signal);
  }

  /** Resolves when everything that there was at first is in the caches. */
  async whenSynced(): Promise<void> {
    await this.#followed;
    await Promise.all([...this.#monitors.values()].map(({ informer }) => informer.whenSynced()));
  }

  /** Resolves when, after the signal aborted, nothing runs any more. */
  stopped(): Promise<void> {
    return this.#following;
  }

  get({ type, namespace, name }: Place): KubeObject | undefined {
    for (let monitor = this.#monitors.get(resourceKey(type)); monitor; monitor = monitor.before) {
      const found = monitor.informer.get({ namespace, name });
      if (found) return found;
    }
    return undefined;
  }

  /** Undefined: the server does not know (yet) what the reference is to, in the version that it names: upstream finds no REST mapping. */
  typeOf({ apiVersion, kind }: OwnerReference): ResourceType | undefined {
    return this.#types.get(`${apiVersion}/${kind}`);
  }

  /** Where such an owner is, in whichever version it is watched; undefined: its kind is not watched. */
  watchedType({ apiVersion, kind }: OwnerReference): ResourceType | undefined {
    return this.#kinds.get(`${parseApiVersion(apiVersion).group}/${kind}`);
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let key = await this.#queue.get(); key !== undefined; key = await this.#queue.get()) {
      try {
        if (await this.#follow(signal)) this.#queue.forget(key);
        else this.#queue.add(key, { rateLimited: true });
      } catch (err) {
        if (!signal.aborted) this.#context.log.error({ controller: 'garbagecollector', err }, 'resources could not be discovered');
        this.#queue.add(key, { rateLimited: true });
      } finally {
        this.#queue.done(key);
      }
    }
  }

  /** False while discovery does not yet say what the definitions say. */
  async #follow(signal: AbortSignal): Promise<boolean> {
    const discovered = await discover(this.#context.client, signal);
    const found = discovered.filter(isCollectable);
    const known = this.#types;
    this.#types = new Map(
      found.flatMap((type) => type.servedVersions.map((version) => [`${apiVersionOf({ ...type, version })}/${type.kind}`, type] as const)),
    );
    this.#kinds = new Map(found.map((type) => [`${type.group}/${type.kind}`, type]));
    const served = new Map(found.map((type) => [resourceKey(type), type]));
    for (const [key, monitor] of this.#monitors) if (!served.has(key)) this.#drop(key, monitor);
    for (const [key, type] of served) {
      const monitor = this.#monitors.get(key);
      if (monitor?.type.version !== type.version || monitor.type.kind !== type.kind) this.#add(key, type, monitor);
    }
    this.#markFollowed();
    if ([...this.#types.keys()].some((kind) => !known.has(kind))) this.#events.kindsAdded();
    const lagging = laggingResources(discovered, this.#definitions.list(), this.#removed);
    for (const resource of this.#removed) if (!lagging.has(resource)) this.#removed.delete(resource);
    return lagging.size === 0;
  }

  /** Of a resource that is there in another version nothing is forgotten until it has been listed in the new one. */
  #add(key: string, discovered: ResourceType, before: Monitor | undefined): void {
    const { group, version, resource, kind, namespaced } = discovered;
    const type: ResourceType = { group, version, resource, kind, namespaced };
    const { informers } = this.#context;
    const informer = informers.informer<KubeObject>(type);
    const removeHandler = informer.addHandler((event) => this.#events.changed(type, event));
    const stop = (): void => {
      removeHandler();
      informers.release(type);
    };
    const monitor: Monitor = { type, informer, before, stop };
    this.#monitors.set(key, monitor);
    if (before) void informer.whenSynced().then(() => this.#replace(key, monitor, before));
  }

  /** The new version has been listed: what is not in it is gone. */
  #replace(key: string, monitor: Monitor, before: Monitor): void {
    // It may itself have been replaced, or dropped, by now.
    if (this.#monitors.get(key) !== monitor) return;
    this.#monitors.set(key, { ...monitor, before: undefined });
    for (const one of chain(before)) {
      one.stop();
      for (const object of one.informer.list()) {
        const { namespace, name = '', uid } = object.metadata;
        if (monitor.informer.get({ namespace, name })?.metadata.uid === uid) continue;
        this.#events.changed(monitor.type, { type: 'deleted', object, finalStateUnknown: true });
      }
    }
  }

  #drop(key: string, monitor: Monitor): void {
    this.#monitors.delete(key);
    for (const one of chain(monitor)) {
      one.stop();
      for (const object of one.informer.list()) this.#events.hidden(one.type, object);
    }
  }
}

/** A monitor and those whose place it takes. */
function* chain(monitor: Monitor): Generator<Monitor> {
  for (let one: Monitor | undefined = monitor; one; one = one.before) yield one;
}

function isCollectable(resource: DiscoveredResource): boolean {
  return ['list', 'watch', 'delete'].every((verb) => resource.verbs.includes(verb)) && !IGNORED.has(resource.resource);
}

function resourceKey({ group, resource }: ResourceType): string {
  return `${group}/${resource}`;
}
