// Tells of changes of the ConfigMaps and Secrets that this node's pods refer to, from where they can be learned.
import { type ComponentContext, createInformerFactory, type InformerEvent } from '@holdfast/controller';
import { CONFIGMAPS, type KubeObject, type Pod, podReferences, SECRETS } from '@holdfast/schema';

/** Something that pods refer to has changed. */
export type OnReference = (kind: 'ConfigMap' | 'Secret', namespace: string, name: string) => void;

/** Where changes of referenced objects come from. */
export interface ReferenceSource {
  /** Resolves when changes are told from now on. */
  start(onChange: OnReference, signal: AbortSignal): Promise<void>;
  /** The pods of the node have changed. */
  follow(pods: readonly Pod[]): void;
  /** Resolves when, after the signal aborted, nothing runs any more. */
  stopped(): Promise<void>;
}

const TYPES = { configmaps: { type: CONFIGMAPS, kind: 'ConfigMap' }, secrets: { type: SECRETS, kind: 'Secret' } } as const;

/** From caches of all ConfigMaps and Secrets, which the agents of one process share; needs the right to list them. */
export function sharedReferences({ informers }: Pick<ComponentContext, 'informers'>): ReferenceSource {
  const caches = Object.values(TYPES).map(({ type, kind }) => ({ kind, informer: informers.informer<KubeObject>(type) }));
  return {
    async start(onChange, signal) {
      await Promise.all(caches.map(({ informer }) => informer.whenSynced()));
      if (signal.aborted) return;
      const removals = caches.map(({ kind, informer }) => informer.addHandler((event) => tell(event, kind, onChange)));
      signal.addEventListener('abort', () => removals.forEach((remove) => remove()), { once: true });
    },
    follow: () => undefined,
    stopped: () => Promise.resolve(),
  };
}

/** From one watch for each object: all that a kubelet's own identity is allowed. */
export function ownReferences({ client, clock, random, log }: ComponentContext): ReferenceSource {
  const watches = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>();
  const ending = new Set<Promise<void>>();
  let started: { readonly onChange: OnReference; readonly signal: AbortSignal } | undefined;

  function open(reference: string, { onChange, signal }: NonNullable<typeof started>): void {
    const [resource = '', namespace = '', name = ''] = reference.split('/');
    const { type, kind } = TYPES[resource as keyof typeof TYPES];
    const fieldSelectors = { [resource]: `metadata.name=${name}` };
    const factory = createInformerFactory(client, clock, { namespace, fieldSelectors, log, random });
    factory.informer<KubeObject>(type).addHandler((event) => tell(event, kind, onChange));
    const stop = new AbortController();
    factory.start(AbortSignal.any([signal, stop.signal]));
    watches.set(reference, { stop, ended: factory.stopped() });
  }

  function close(reference: string): void {
    const watch = watches.get(reference);
    watches.delete(reference);
    if (!watch) return;
    watch.stop.abort();
    const ended = watch.ended.finally(() => ending.delete(ended));
    ending.add(ended);
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
    async stopped() {
      for (const reference of watches.keys()) close(reference);
      await Promise.all(ending);
    },
  };
}

/** What was there when the watch began is no change. */
function tell(event: InformerEvent<KubeObject>, kind: 'ConfigMap' | 'Secret', onChange: OnReference): void {
  if (event.type === 'added' && event.isInInitialList) return;
  const { namespace = '', name = '' } = event.object.metadata;
  onChange(kind, namespace, name);
}
