// What the garbage collector watches: one cache of each resource that discovery tells of.
import { type ComponentContext, type Informer, type InformerEvent, Workqueue } from '@holdfast/controller';
import { CUSTOMRESOURCEDEFINITIONS, type KubeObject, type OwnerReference, parseApiVersion, type ResourceType } from '@holdfast/schema';
import { discover, type DiscoveredResource } from '../discovery/discover.ts';
import type { Place } from './graph.ts';

/** Nothing owns these, they own nothing, and there are many of them. */
const IGNORED = new Set(['events', 'events.events.k8s.io']);
/** A server that does not answer is asked again as kube-controller-manager asks one at its start, and in the end as its collector does. */
const RETRY = { baseDelayMs: 1000, maxDelayMs: 30_000 } as const;
const DISCOVERY = 'discovery';

/** Told of every change of every resource. */
export type OnChange = (type: ResourceType, event: InformerEvent<KubeObject>) => void;

export class Monitors {
  readonly #context: ComponentContext;
  readonly #onChange: OnChange;
  /** Its only key is discovery itself: once at a time, and later after each failure. */
  readonly #queue: Workqueue;
  readonly #informers = new Map<string, Informer<KubeObject>>();
  readonly #types = new Map<string, ResourceType>();
  readonly #followed: Promise<void>;
  #markFollowed: () => void = () => undefined;
  #following: Promise<void> = Promise.resolve();

  constructor(context: ComponentContext, onChange: OnChange) {
    this.#context = context;
    this.#onChange = onChange;
    this.#queue = new Workqueue({ clock: context.clock, ...RETRY });
    this.#followed = new Promise((resolve) => {
      this.#markFollowed = resolve;
    });
  }

  /** Follows every resource that can be listed, watched and deleted, and those that are defined later, until the signal aborts. */
  start(signal: AbortSignal): void {
    signal.addEventListener('abort', () => this.#queue.shutDown(), { once: true });
    if (signal.aborted) this.#queue.shutDown();
    this.#queue.add(DISCOVERY);
    this.#context.informers.informer(CUSTOMRESOURCEDEFINITIONS).addHandler(() => this.#queue.add(DISCOVERY));
    this.#following = this.#work(signal);
  }

  /** Resolves when everything that there was at first is in the caches. */
  async whenSynced(): Promise<void> {
    await this.#followed;
    await Promise.all([...this.#informers.values()].map((informer) => informer.whenSynced()));
  }

  /** Resolves when, after the signal aborted, nothing runs any more. */
  stopped(): Promise<void> {
    return this.#following;
  }

  get({ type, namespace, name }: Place): KubeObject | undefined {
    return this.#informers.get(resourceKey(type))?.get({ namespace, name });
  }

  /** Undefined: the server does not know (yet) what the reference is to. */
  typeOf(owner: OwnerReference): ResourceType | undefined {
    return this.#types.get(`${parseApiVersion(owner.apiVersion).group}/${owner.kind}`);
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let key = await this.#queue.get(); key !== undefined; key = await this.#queue.get()) {
      try {
        await this.#follow(signal);
        this.#queue.forget(key);
      } catch (err) {
        if (!signal.aborted) this.#context.log.error({ controller: 'garbagecollector', err }, 'resources could not be discovered');
        this.#queue.add(key, { rateLimited: true });
      } finally {
        this.#queue.done(key);
      }
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { client, informers } = this.#context;
    const resources = (await discover(client, signal)).filter(isCollectable);
    for (const type of resources) {
      if (this.#informers.has(resourceKey(type))) continue;
      const informer = informers.informer<KubeObject>({
        group: type.group,
        version: type.version,
        resource: type.resource,
        kind: type.kind,
        namespaced: type.namespaced,
      });
      this.#informers.set(resourceKey(type), informer);
      this.#types.set(`${type.group}/${type.kind}`, type);
      informer.addHandler((event) => this.#onChange(type, event));
    }
    this.#markFollowed();
  }
}

function isCollectable(resource: DiscoveredResource): boolean {
  return ['list', 'watch', 'delete'].every((verb) => resource.verbs.includes(verb)) && !IGNORED.has(resource.resource);
}

function resourceKey({ group, resource }: ResourceType): string {
  return `${group}/${resource}`;
}
