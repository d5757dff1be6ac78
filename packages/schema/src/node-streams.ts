// What the server asks of the agent of a pod's node: the part of the kubelet's API that exec and logs need.
import type { ExecResult, ExecStreams, PortStreams } from './exchange.ts';

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

/** Options of an exec or attach request. */
export interface ExecOptions {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
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
  attach(container: ContainerRef, options: Omit<ExecOptions, 'command'>, streams: ExecStreams): Promise<ExecResult>;
  /** One connection to a port of a pod; resolves when it has ended, rejects with an Error that says why it could not be made. */
  portForward(pod: PodRef, port: number, streams: PortStreams): Promise<void>;
}

/** Finds the agent of a node by the node's name; undefined when the node has none that can be reached. */
export type NodeDialer = (nodeName: string) => NodeStreams | undefined;
