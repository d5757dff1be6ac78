// How agents of nodes are reached that are programs of their own: the network is passed in.
import type { Duplex } from 'node:stream';

/** Where the agent of a node listens, by what its Node says. */
export interface KubeletEndpoint {
  readonly node: string;
  readonly host: string;
  readonly port: number;
  /** SHA-256 of the only certificate that the agent may show, in lower-case hexadecimal; absent: whichever it shows, as upstream's default. */
  readonly certificate?: string;
}

export interface KubeletRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  /** Ends the request, and the answer that is being read. */
  readonly signal: AbortSignal;
}

/** The beginning of an answer. `chunks` throws KubeletLost when the connection is lost before the end. */
export interface KubeletAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Both reject with an Error in Go's words: 'dial tcp 127.0.0.1:10250: connect: connection refused'. */
export interface KubeletTransport {
  request(endpoint: KubeletEndpoint, request: KubeletRequest): Promise<KubeletAnswer>;
  /** A connection over which HTTP/1.1 can be spoken. */
  dial(endpoint: KubeletEndpoint): Promise<Duplex>;
}
