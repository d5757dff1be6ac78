// From events to requests: what a controller is woken by.
import { apiVersionOf, type KubeObject, type ResourceType } from '@holdfast/schema';
import type { Informer, InformerEvent } from './informer.ts';
import { controllerOf } from './owner-references.ts';
import type { Predicate } from './predicates.ts';
import type { Request } from './reconcile.ts';
import type { AddOptions } from './workqueue.ts';

/** Puts a request into a controller's queue. */
export type Enqueue = (request: Request, options?: AddOptions) => void;

/** A source of requests. */
export interface Watch {
  /** Begins to enqueue; returns the removal. Called before the caches start. */
  connect(enqueue: Enqueue): () => void;
  /** Resolves when what is there at the start has been enqueued. */
  whenSynced(): Promise<void>;
}

/** Objects that were there already when the program started wait behind those that change now. */
const INITIAL_PRIORITY = -100;

export interface WatchOptions<T extends KubeObject> {
  /** Milliseconds that requests of an event wait (default 0), so that one pass serves several events. */
  readonly afterMs?: (event: InformerEvent<T>) => number;
}

/** Events of an informer, mapped to requests; `predicate` decides which events count. */
export function watch<T extends KubeObject>(
  informer: Informer<T>,
  toRequests: (event: InformerEvent<T>) => readonly Request[],
  predicate?: Predicate<T>,
  { afterMs = () => 0 }: WatchOptions<T> = {},
): Watch {
  return {
    connect: (enqueue) =>
      informer.addHandler((event) => {
        if (predicate && !predicate(event)) return;
        const requests = toRequests(event);
        if (requests.length === 0) return;
        const isInitial = event.type === 'added' && event.isInInitialList;
        const options = { afterMs: afterMs(event), ...(isInitial ? { priority: INITIAL_PRIORITY } : {}) };
        for (const request of requests) enqueue(request, options);
      }),
    whenSynced: () => informer.whenSynced(),
  };
}

/** The object itself. */
export function enqueueSelf<T extends KubeObject>({ object }: InformerEvent<T>): readonly Request[] {
  return [requestOf(object)];
}

/** The owners of this kind: the controlling one only (default), or all; of the old and the new state. */
export function enqueueOwner<T extends KubeObject>(
  ownerType: ResourceType,
  { controllerOnly = true }: { readonly controllerOnly?: boolean } = {},
): (event: InformerEvent<T>) => readonly Request[] {
  const group = ownerType.group;
  return enqueueMapped((object) => {
    const controller = controllerOf(object);
    const owners = controllerOnly ? (controller ? [controller] : []) : (object.metadata.ownerReferences ?? []);
    return owners
      .filter((owner) => owner.kind === ownerType.kind && groupOf(owner.apiVersion) === group)
      .map((owner) => (ownerType.namespaced ? { namespace: object.metadata.namespace, name: owner.name } : { name: owner.name }));
  });
}

/** Requests by a function of the object, for the old and the new state of an update, each once. */
export function enqueueMapped<T extends KubeObject>(
  map: (object: T) => readonly Request[],
): (event: InformerEvent<T>) => readonly Request[] {
  return (event) => {
    const requests = new Map(map(event.object).map((request) => [requestKey(request), request]));
    if (event.type === 'updated') for (const request of map(event.old)) requests.set(requestKey(request), request);
    return [...requests.values()];
  };
}

/** The request for an object. */
export function requestOf(object: KubeObject): Request {
  const { namespace, name = '' } = object.metadata;
  return namespace ? { namespace, name } : { name };
}

/** A request as a queue key; the inverse of requestFromKey. */
export function requestKey({ namespace, name }: Request): string {
  return namespace ? `${namespace}/${name}` : name;
}

export function requestFromKey(key: string): Request {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/** Whether an owner reference names an object of this type. */
export function refersTo(reference: { readonly apiVersion: string; readonly kind: string }, type: ResourceType): boolean {
  return reference.kind === type.kind && groupOf(reference.apiVersion) === groupOf(apiVersionOf(type));
}
