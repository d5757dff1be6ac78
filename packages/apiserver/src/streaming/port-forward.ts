// Forwarded ports over SPDY/3.1: for each connection of the client a stream for data and one for what goes wrong.
import { type ApiResponse, badRequest, type NodeDialer, type Pod, type PortStreams } from '@holdfast/schema';
import { dialNode } from './node.ts';
import type { SpdyStream } from './spdy/index.ts';

/** The stream protocol, and its name inside a WebSocket. */
export const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';
export const PORT_FORWARD_TUNNEL = 'SPDY/3.1+portforward.k8s.io';

export interface OpenPortForwardOptions {
  readonly pod: Pod;
  readonly nodes: NodeDialer;
}

/** An answer for the transport to upgrade. Throws BadRequest when the pod does not run. */
export function openPortForward({ pod, nodes }: OpenPortForwardOptions): ApiResponse {
  const { name = '', namespace = '', uid = '' } = pod.metadata;
  const nodeName = pod.spec?.nodeName;
  if (!nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
  const phase = pod.status?.phase;
  if (phase !== 'Running') throw badRequest(`unable to forward port because pod is not running. Current status=${phase ?? ''}`);
  const node = dialNode(nodes, nodeName);
  return {
    kind: 'port-forward',
    connect: (port, streams) => node.portForward({ namespace, pod: name, uid, podIp: pod.status?.podIP ?? '' }, port, streams),
  };
}

/** Pairs the streams of one connection by their request id. */
export class PortForwarder {
  readonly #connect: (port: number, streams: PortStreams) => Promise<void>;
  readonly #errors = new Map<string, SpdyStream>();

  constructor(connect: (port: number, streams: PortStreams) => Promise<void>) {
    this.#connect = connect;
  }

  /** Takes a stream that the client opened; resolves when its connection has ended. Never rejects. */
  async accept(stream: SpdyStream): Promise<void> {
    const { streamtype: type, requestid: id = '', port: portText = '' } = stream.headers;
    // The client opens the stream for errors first.
    if (type === 'error') {
      this.#errors.set(id, stream);
      return;
    }
    const errors = this.#errors.get(id);
    this.#errors.delete(id);
    const port = Number(portText);
    try {
      if (type !== 'data') throw new Error(`invalid stream type ${JSON.stringify(type ?? '')}`);
      if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`invalid port ${JSON.stringify(portText)}`);
      await this.#connect(port, { input: stream.input, output: (chunk) => stream.write(chunk), signal: stream.signal });
    } catch (error) {
      await errors?.write(Buffer.from(error instanceof Error ? error.message : String(error)));
    }
    await stream.end();
    await errors?.end();
  }
}
