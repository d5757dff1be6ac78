// Forwarded ports over SPDY/3.1: for each connection of the client a stream for data and one for what goes wrong.
import { type ApiResponse, badRequest, type Pod, type PortStreams } from '@holdfast/schema';
import { dialNode, type NodeAccess } from './node.ts';
import type { SpdyStream } from './spdy/index.ts';

/** The stream protocol, and its name inside a WebSocket. */
export const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';
export const PORT_FORWARD_TUNNEL = 'SPDY/3.1+portforward.k8s.io';

export interface OpenPortForwardOptions extends NodeAccess {
  readonly pod: Pod;
  /** The request's query: ports (repeated), for callers over plain WebSocket messages. */
  readonly query: URLSearchParams;
}

/** An answer for the transport to upgrade. Throws BadRequest when the pod does not run. */
export function openPortForward({ pod, query, ...access }: OpenPortForwardOptions): ApiResponse {
  const { name = '', namespace = '', uid = '' } = pod.metadata;
  const nodeName = pod.spec?.nodeName;
  if (!nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
  const phase = pod.status?.phase;
  if (phase !== 'Running') throw badRequest(`unable to forward port because pod is not running. Current status=${phase ?? ''}`);
  const ports = query.getAll('ports');
  const node = dialNode(access, nodeName);
  if (!node.here) {
    const path = ['portForward', namespace, name].map(encodeURIComponent).join('/');
    return node.elsewhere.tunnel(`/${path}${ports.length > 0 ? `?${new URLSearchParams({ port: ports.join(',') }).toString()}` : ''}`);
  }
  return {
    kind: 'port-forward',
    ports,
    connect: (port, streams) => node.here.portForward({ namespace, pod: name, uid, podIp: pod.status?.podIP ?? '' }, port, streams),
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
