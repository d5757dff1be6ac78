// The agent of a node that is another program, as the server's handlers see it: logs, connections to be passed through, any request.
import type { Duplex } from 'node:stream';
import {
  type ApiResponse,
  badRequest,
  type ContainerRef,
  failure,
  internalError,
  type LogOptions,
  type Node,
  StatusError,
} from '@holdfast/schema';
import type { KubeletAnswer, KubeletEndpoint, KubeletRequest, KubeletTransport } from './transport.ts';
import { kubeletEndpoint } from './endpoint.ts';

/** Finds the agent of a node by the node's name. Throws NotFound. */
export type KubeletFinder = (nodeName: string) => Kubelet;

export interface LogRequest {
  readonly container: ContainerRef;
  readonly options: LogOptions;
  /** Whether the caller takes whichever certificate the agent shows: `--insecure-skip-tls-verify-backend`. */
  readonly insecure: boolean;
  readonly signal: AbortSignal;
}

/** What a kubelet says of a failure is read up to here, as upstream does. */
const ANSWER_LIMIT = 50_000;
const LOGS = 'pods/log';

export class Kubelet {
  readonly #endpoint: () => KubeletEndpoint;
  readonly #transport: KubeletTransport;

  constructor(node: Node, transport: KubeletTransport) {
    this.#endpoint = () => kubeletEndpoint(node);
    this.#transport = transport;
  }

  /** The port of its API. */
  get port(): number {
    return this.#endpoint().port;
  }

  /** A container's log. Throws what the agent has to say as a StatusError, in upstream's words. */
  async logs({ container, options, insecure, signal }: LogRequest): Promise<AsyncIterable<Uint8Array>> {
    const { namespace, pod, container: name } = container;
    const path = ['containerLogs', namespace, pod, name].map(encodeURIComponent).join('/');
    const query = logQuery(options);
    const target = `/${path}${query ? `?${query}` : ''}`;
    const answer = await this.request({ method: 'GET', target, headers: {}, signal }, insecure);
    if (answer.status >= 200 && answer.status <= 206) return answer.chunks;
    throw refusalOf(answer.status, await textOf(answer), pod);
  }

  /** Any request of its API. Throws an internal failure that names the request, as Go's client does. */
  async request(request: KubeletRequest, insecure = false): Promise<KubeletAnswer> {
    const endpoint = this.#reached(insecure);
    try {
      return await this.#transport.request(endpoint, request);
    } catch (error) {
      if (request.signal.aborted) throw error;
      const method = `${request.method.slice(0, 1)}${request.method.slice(1).toLowerCase()}`;
      throw unknownFailure(`${method} "https://${hostOf(endpoint)}${request.target}": ${wordsOf(error)}`, error);
    }
  }

  /** An answer that passes the caller's upgraded connection through. */
  tunnel(target: string): ApiResponse {
    const endpoint = this.#reached(false);
    const dial = async (): Promise<Duplex> => {
      try {
        return await this.#transport.dial(endpoint);
      } catch (error) {
        throw unknownFailure(`error dialing backend: ${wordsOf(error)}`, error);
      }
    };
    return { kind: 'tunnel', target, host: hostOf(endpoint), dial };
  }

  #reached(insecure: boolean): KubeletEndpoint {
    try {
      const { certificate, ...rest } = this.#endpoint();
      return insecure || certificate === undefined ? rest : { ...rest, certificate };
    } catch (error) {
      throw error instanceof StatusError ? error : unknownFailure(wordsOf(error), error);
    }
  }
}

/** As Go's url.Values writes it: sorted by name. */
function logQuery(options: LogOptions): string {
  const { follow, previous, timestamps, limitBytes, sinceSeconds, sinceTime, tailLines } = options;
  const query = new URLSearchParams();
  if (follow) query.set('follow', 'true');
  if (limitBytes !== undefined) query.set('limitBytes', String(limitBytes));
  if (previous) query.set('previous', 'true');
  if (sinceSeconds !== undefined) query.set('sinceSeconds', String(sinceSeconds));
  if (sinceTime !== undefined) query.set('sinceTime', sinceTime);
  if (tailLines !== undefined) query.set('tailLines', String(tailLines));
  if (timestamps) query.set('timestamps', 'true');
  return query.toString();
}

async function textOf({ chunks }: KubeletAnswer): Promise<string> {
  const read: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    read.push(chunk);
    size += chunk.length;
    if (size >= ANSWER_LIMIT) break;
  }
  return Buffer.concat(read).subarray(0, ANSWER_LIMIT).toString('utf8');
}

function refusalOf(status: number, text: string, pod: string): StatusError {
  if (status === 500) return internalError(new Error(text));
  if (status === 400) return badRequest(text);
  // client-go's words for what else an HTTP server may answer.
  const about = ` ( ${LOGS} ${pod})`;
  const details = { name: pod, kind: LOGS };
  if (status === 401) return failure(401, 'Unauthorized', `the server has asked for the client to provide credentials${about}`, details);
  if (status === 403) return failure(403, 'Forbidden', `${text}${about}`, details);
  if (status === 404) return failure(404, 'NotFound', `the server could not find the requested resource${about}`, details);
  const words = status > 500 ? `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding` : undefined;
  const unknown = `the server responded with the status code ${status} but did not return more information`;
  return failure(status, words ? 'InternalError' : '', `${words ?? unknown}${about}`, details);
}

/** An error that upstream gives no reason to. */
function unknownFailure(message: string, cause: unknown): StatusError {
  return failure(500, '', message, undefined, { cause });
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function hostOf({ host, port }: KubeletEndpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
