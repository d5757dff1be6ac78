// What the server asks of the agent of a pod's node: the part of the kubelet's API that exec and logs need.
import type { ApiResponse, ExecResult, ExecStreams, PortStreams, StreamOptions, UserInfo } from './exchange.ts';

/** Annotation of a Node: SHA-256 of the certificate with which its agent serves the kubelet's API, in hexadecimal. */
export const KUBELET_CERTIFICATE = 'holdfast.dev/kubelet-certificate-sha256';

/** A container of a pod on the node. */
export interface ContainerRef {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly container: string;
}

/** Options of a log request, as PodLogOptions names them. */
export interface LogOptions {
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly sinceSeconds?: number;
  readonly sinceTime?: string;
  readonly timestamps?: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
}

/** Options of an exec request. */
export interface ExecOptions extends StreamOptions {
  readonly command: readonly string[];
}

/** A pod on the node and its address. */
export interface PodRef {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly podIp: string;
}

/** Served by a node agent. Failures are StatusError with the kubelet's words (400 for a container that has not started). */
export interface NodeStreams {
  logs(container: ContainerRef, options: LogOptions, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  exec(container: ContainerRef, options: ExecOptions, streams: ExecStreams): Promise<ExecResult>;
  /** Joins the streams of the container's own process, until it ends. */
  attach(container: ContainerRef, options: StreamOptions, streams: ExecStreams): Promise<ExecResult>;
  /** One connection to a port of a pod; resolves when it has ended, rejects with an Error that says why it could not be made. */
  portForward(pod: PodRef, port: number, streams: PortStreams): Promise<void>;
  /** The whole of the kubelet's API, for callers who may use it: what `nodes/proxy` leads to. Never rejects. */
  handle?(request: NodeRequest): Promise<ApiResponse>;
}

/** A request to the kubelet's API. Header names are lower case. */
export interface NodeRequest {
  readonly method: string;
  /** Without the query: '/containerLogs/default/web-0/web'. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}

/** The kubelet's API as a function, for anybody: who asks, by the certificate of the connection where there is a good one. */
export type NodeApi = (request: NodeRequest, certificate: UserInfo | undefined) => Promise<ApiResponse>;

/** Finds the agent of a node by the node's name; undefined when the node has none that can be reached. */
export type NodeDialer = (nodeName: string) => NodeStreams | undefined;
