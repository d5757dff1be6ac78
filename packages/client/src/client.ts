// The one interface through which every component speaks to Kubernetes, whatever the transport.
import type { ExecResult, ExecStreams, KubeList, KubeObject, ObjectKey, ResourceType, StatusObject, WatchFrame } from '@holdfast/schema';

/** Options of a list. */
export interface ListOptions {
  /** One namespace; absent: all. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options of a watch. */
export interface WatchOptions extends ListOptions {
  readonly allowWatchBookmarks?: boolean | undefined;
  readonly timeoutSeconds?: number | undefined;
}

/** Options of a write. */
export interface WriteOptions {
  readonly dryRun?: boolean | undefined;
  readonly fieldManager?: string | undefined;
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict' | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options of a delete. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined;
  readonly preconditions?: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined } | undefined;
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A patch with its type. `apply` needs a field manager. */
export type Patch =
  | { readonly type: 'json'; readonly operations: readonly unknown[] }
  | { readonly type: 'merge' | 'strategic'; readonly body: unknown }
  | { readonly type: 'apply'; readonly body: unknown; readonly force?: boolean };

/** One event of a watch, typed. ERROR frames never reach the caller: they are thrown as StatusError. */
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** Options of an exec. */
export interface ExecRequest extends ExecStreams {
  readonly container?: string | undefined;
  readonly command: readonly string[];
  readonly tty?: boolean | undefined;
}

/**
 * Kubernetes. Every call rejects with StatusError when the server refuses, with the transport's own error when the server
 * cannot be reached, and with the signal's reason when aborted. Objects returned are frozen in development and tests.
 */
export interface Client {
  get<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, options?: { readonly signal?: AbortSignal | undefined }): Promise<T>;
  /** All pages, as one list. With `limit`, one page. */
  list<T extends KubeObject>(type: ResourceType<T>, options?: ListOptions): Promise<KubeList<T>>;
  /** Ends when the server closes the watch (time-out) or the signal aborts. */
  watch<T extends KubeObject>(type: ResourceType<T>, options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
  create<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  /** PUT; conflicts when the object's resourceVersion is stale. */
  update<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  updateStatus<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    patch: Patch,
    options?: WriteOptions & { readonly subresource?: string | undefined },
  ): Promise<T>;
  /** The object while it is still being deleted, else the Status of success. */
  delete<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, options?: DeleteOptions): Promise<T | StatusObject>;
  deleteCollection(type: ResourceType, options: ListOptions & DeleteOptions): Promise<void>;
  getSubresource(type: ResourceType, key: ObjectKey, subresource: string): Promise<KubeObject>;
  /** POST to a subresource: 'eviction', 'binding', 'token'. */
  createSubresource(
    type: ResourceType,
    key: ObjectKey,
    subresource: string,
    body: unknown,
    options?: WriteOptions,
  ): Promise<KubeObject | StatusObject>;
  /** PUT to a subresource: 'scale', 'finalize'. */
  updateSubresource(type: ResourceType, key: ObjectKey, subresource: string, body: unknown, options?: WriteOptions): Promise<KubeObject>;
  /** Runs a command in a container. */
  exec(pod: ObjectKey, request: ExecRequest): Promise<ExecResult>;
  /** A container's log as it is written. */
  logs(
    pod: ObjectKey,
    options: { readonly container?: string; readonly follow?: boolean; readonly tailLines?: number; readonly signal?: AbortSignal },
  ): Promise<AsyncIterable<Uint8Array>>;
  /** Any GET that answers JSON: discovery, /version. */
  raw(path: string, options?: { readonly accept?: string; readonly signal?: AbortSignal }): Promise<unknown>;
}

/** Carries requests of one identity; implemented over HTTPS and in process. */
export interface Transport {
  /** Rejects only when there is no answer at all; refusals come as answers with their status. */
  request(request: TransportRequest): Promise<TransportResponse>;
  /** The frames of a watch; throws StatusError when it is refused. */
  watch(request: TransportRequest): AsyncIterable<WatchFrame>;
  stream(request: TransportRequest): Promise<AsyncIterable<Uint8Array>>;
  exec(request: TransportRequest, streams: ExecStreams): Promise<ExecResult>;
}

export interface TransportRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: URLSearchParams | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

export interface TransportResponse {
  readonly status: number;
  readonly object: unknown;
}
