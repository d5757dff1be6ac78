// One request to the API and its answer, free of any transport. The server's `handle` and the client's in-process
// transport meet here; HTTPS is a thin shell around the same two shapes.
import type { Duplex } from 'node:stream';
import type { KubeObject } from './resource-type.ts';

/** Who asks, after authentication. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A body as bytes off the wire, or as a value that an in-process caller hands over (it must not be changed later). */
export type RequestBody = { readonly kind: 'bytes'; readonly bytes: Uint8Array } | { readonly kind: 'value'; readonly value: unknown };

/** A request as the server sees it. Header names are lower case. */
export interface ApiRequest {
  readonly method: string;
  /** Without the query: '/api/v1/namespaces/default/pods'. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  readonly user: UserInfo;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  /** Lets other requests have their turn between the steps of a large one; absent where it is small, or where nobody waits. */
  readonly turn?: (() => Promise<void>) | undefined;
}

/** One event of a watch. BOOKMARK objects carry only metadata.resourceVersion; ERROR objects are a Status. */
export interface WatchFrame {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
  /** Exactly the JSON of `object`, where somebody has made it already. */
  readonly encoded?: Uint8Array;
  /** The whole frame as it stands in a stream, `{"type":…,"object":…}` and a line feed, where several are sent the same one. */
  readonly line?: Uint8Array;
}

/** An answer. Header names are lower case; the transport adds content-length and the like. */
export type ApiResponse =
  /** One API object, list, table or Status. `encoded`, where present, is exactly the JSON of `object`. */
  | {
      readonly kind: 'object';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly object: unknown;
      readonly encoded?: Uint8Array | undefined;
    }
  /** Plain text or any other bytes; the content-type header says which. */
  | { readonly kind: 'bytes'; readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly bytes: Uint8Array }
  /** A watch: frames until the time is up or the request's signal aborts. */
  | {
      readonly kind: 'watch';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly frames: AsyncIterable<WatchFrame>;
    }
  /** A stream of bytes such as a followed log. */
  | {
      readonly kind: 'stream';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly chunks: AsyncIterable<Uint8Array>;
    }
  /** A connection to be upgraded: the transport hands over its end of the streams of an exec or attach. */
  | {
      readonly kind: 'exec';
      readonly options: StreamOptions;
      readonly start: (streams: ExecStreams) => Promise<ExecResult>;
    }
  /** A connection to be upgraded: for each connection that the caller forwards, the transport hands over its end. */
  | {
      readonly kind: 'port-forward';
      /** Ports as the query names them: what callers over plain WebSocket messages ask for. */
      readonly ports: readonly string[];
      readonly connect: (port: number, streams: PortStreams) => Promise<void>;
    }
  /** A connection to be upgraded by somebody else: the transport passes it through, byte for byte. */
  | {
      readonly kind: 'tunnel';
      /** The request target there, with its query. */
      readonly target: string;
      readonly host: string;
      readonly dial: () => Promise<Duplex>;
    };

/** Which streams an exec or attach has; with a terminal there is no stderr. */
export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The caller's side of an exec. Absent stdin: nothing is read. With a terminal, stderr is not used. */
export interface ExecStreams {
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly stdout: (chunk: Uint8Array) => void | Promise<void>;
  readonly stderr: (chunk: Uint8Array) => void | Promise<void>;
  /** Terminal sizes as the caller's window changes. */
  readonly resize?: AsyncIterable<{ readonly width: number; readonly height: number }>;
  /** Aborted when the caller's connection is lost: the process is then killed. */
  readonly signal: AbortSignal;
}

/** The caller's side of one forwarded connection. */
export interface PortStreams {
  readonly input: AsyncIterable<Uint8Array>;
  readonly output: (chunk: Uint8Array) => void | Promise<void>;
  /** Aborted when the caller's connection is lost. */
  readonly signal: AbortSignal;
}

/** How the process ended: its exit code, or why it could not run. */
export type ExecResult = { readonly exitCode: number } | { readonly error: string };

/** The server as a function. */
export type ApiHandler = (request: ApiRequest) => Promise<ApiResponse>;
