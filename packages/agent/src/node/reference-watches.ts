// The ConfigMaps and Secrets that this node's pods refer to: what they say, and word of their changes.
import { type Ending, endingWith } from '@holdfast/client';
import { type Clock, sleep } from '@holdfast/clock';
import { type ComponentContext, createInformerFactory, type Informer, type InformerEvent } from '@holdfast/controller';
import { CONFIGMAPS, ignoreNotFound, type KubeObject, type Pod, podReferences, type ResourceType, SECRETS } from '@holdfast/schema';

/** Something that pods refer to has changed. */
export type OnReference = (kind: 'ConfigMap' | 'Secret', namespace: string, name: string) => void;

/** Where changes of referenced objects come from. */
export interface ReferenceSource {
  /** Resolves when changes are told from now on. */
  start(onChange: OnReference, signal: AbortSignal): Promise<void>;
  /** The pods of the node have changed. */
  follow(pods: readonly Pod[]): void;
  /** The object as the kubelet sees it: from its watch once that is in step, else from the server. Undefined: there is none. */
  read<T extends KubeObject>(type: ResourceType<T>, namespace: string, name: string): Promise<T | undefined>;
  /** Resolves when, after the signal aborted, nothing runs any more. */
  stopped(): Promise<void>;
}

/** How long the kubelet waits for a new watch before it does without (watchBasedManager.Get: one second). */
const SYNC_MS = 1000;

const TYPES = { configmaps: { type: CONFIGMAPS, kind: 'ConfigMap' }, secrets: { type: SECRETS, kind: 'Secret' } } as const;

/** From caches of all ConfigMaps and Secrets, which the agents of one process share; needs the right to list them. */
export function sharedReferences(context: ComponentContext): ReferenceSource {
  const { informers } = context;
  const caches = Object.values(TYPES).map(({ type, kind }) => ({ kind, informer: informers.informer<KubeObject>(type) }));
  return {
    async start(onChange, signal) {
      await Promise.all(caches.map(({ informer }) => informer.whenSynced()));
      if (signal.aborted) return;
      const removals = caches.map(({ kind, informer }) => informer.addHandler((event) => tell(event, kind, onChange)));
      signal.addEventListener('abort', () => removals.forEach((remove) => remove()), { once: true });
    },
    follow: () => undefined,
    read: (type, namespace, name) => readThrough(context, informers.informer(type), { type, namespace, name }),
    stopped: () => Promise.resolve(),
  };
}

interface Watch {
  readonly informer: Informer<KubeObject>;
  readonly ending: Ending;
  readonly ended: Promise<void>;
}

/** From one watch for each object: all that a kubelet's own identity is allowed. */
export function ownReferences(context: ComponentContext): ReferenceSource {
  const { client, clock, random, log } = context;
  const watches = new Map<string, Watch>();
  const endings = new Set<Promise<void>>();
  let started: { readonly onChange: OnReference; readonly signal: AbortSignal } | undefined;

  function open(reference: string, { onChange, signal }: NonNullable<typeof started>): void {
    const [resource = '', namespace = '', name = ''] = reference.split('/');
    const { type, kind } = TYPES[resource as keyof typeof TYPES];
    const fieldSelectors = { [resource]: `metadata.name=${name}` };
    const factory = createInformerFactory(client, clock, { namespace, fieldSelectors, log, random });
    const informer = factory.informer<KubeObject>(type);
    informer.addHandler((event) => tell(event, kind, onChange));
    const ending = endingWith(signal);
    factory.start(ending.signal);
    watches.set(reference, { informer, ending, ended: factory.stopped() });
  }

  function close(reference: string): void {
    const watch = watches.get(reference);
    watches.delete(reference);
    if (!watch) return;
    watch.ending.abort(new Error('no pod refers to it any more'));
    watch.ending.release();
    const ended = watch.ended.finally(() => endings.delete(ended));
    endings.add(ended);
  }

  return {
    start(onChange, signal) {
      started = { onChange, signal };
      return Promise.resolve();
    },
    follow(pods) {
      if (!started || started.signal.aborted) return;
      const wanted = new Set(pods.flatMap(podReferences).filter((reference) => (reference.split('/')[0] ?? '') in TYPES));
      for (const reference of watches.keys()) if (!wanted.has(reference)) close(reference);
      for (const reference of wanted) if (!watches.has(reference)) open(reference, started);
    },
    read(type, namespace, name) {
      const watch = watches.get(`${type.resource}/${namespace}/${name}`);
      return readThrough(context, watch?.informer, { type, namespace, name });
    },
    async stopped() {
      for (const reference of watches.keys()) close(reference);
      await Promise.all(endings);
    },
  };
}

/** What the cache lacks is asked for: a pod may start right after the object that it needs was made. */
async function readThrough<T extends KubeObject>(
  { client, clock }: Pick<ComponentContext, 'client' | 'clock'>,
  cache: Informer<KubeObject> | undefined,
  { type, namespace, name }: { readonly type: ResourceType<T>; readonly namespace: string; readonly name: string },
): Promise<T | undefined> {
  if (cache) {
    if (!cache.hasSynced()) await soon(cache.whenSynced(), clock);
    // The cache is of this type.
    const known = cache.hasSynced() ? (cache.get({ namespace, name }) as T | undefined) : undefined;
    if (known) return known;
  }
  return client.get(type, { namespace, name }).catch(ignoreNotFound);
}

/** Resolves with `work`, at the latest after SYNC_MS. */
async function soon(work: Promise<void>, clock: Clock): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, sleep(clock, SYNC_MS, over.signal).catch(() => undefined)]);
  over.abort();
}

/** What was there when the watch began is no change. */
function tell(event: InformerEvent<KubeObject>, kind: 'ConfigMap' | 'Secret', onChange: OnReference): void {
  if (event.type === 'added' && event.isInInitialList) return;
  const { namespace = '', name = '' } = event.object.metadata;
  onChange(kind, namespace, name);
}
