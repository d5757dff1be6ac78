// What a request that is passed on leads to: an address of a pod.
import type { Duplex } from 'node:stream';
import { type ApiResponse, badRequest, failure, type NodeRequest, serviceUnavailable } from '@holdfast/schema';
import type { KubeletAnswer, KubeletRequest } from '../kubelet/transport.ts';

/** Where to connect to. */
export interface Backend {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/** How pods are reached: the network is passed in. Both reject with an Error in Go's words. */
export interface BackendTransport {
  request(backend: Backend, request: KubeletRequest): Promise<KubeletAnswer>;
  dial(backend: Backend): Promise<Duplex>;
}

export type ProxiedRequest = NodeRequest & { readonly body?: Uint8Array | undefined };

/** Of one connection only, or about whoever asks, which is the server for those behind it. */
const NOT_PASSED_ON =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-length|authorization|cookie|impersonate-.*|x-remote-.*|expect)$/;

/** Answers with what the backend answers; `before`: the part of the path that led here. */
export async function passOn(
  request: ProxiedRequest,
  backend: Backend,
  { before, transport }: { readonly before: string; readonly transport: BackendTransport | undefined },
): Promise<ApiResponse> {
  const unreachable = (error: unknown): Error =>
    serviceUnavailable(`error trying to reach service: ${error instanceof Error ? error.message : String(error)}`);
  if (!transport) throw unreachable('pods of this server have no network');
  const target = targetOf(request, before);
  const host = `${backend.host.includes(':') ? `[${backend.host}]` : backend.host}:${backend.port}`;
  if (isUpgrade(request)) {
    const dial = (): Promise<Duplex> =>
      transport.dial(backend).catch((error: unknown) => {
        const words = error instanceof Error ? error.message : String(error);
        throw failure(500, '', `error dialing backend: ${words}`, undefined, { cause: error });
      });
    return { kind: 'tunnel', target, host, dial };
  }
  const { method, signal, body } = request;
  const sent = { method, target, headers: passedOn(request.headers), body, signal };
  const answer = await transport.request(backend, sent).catch((error: unknown) => {
    throw signal.aborted ? error : unreachable(error);
  });
  const headers = withLocation(passedOn(answer.headers), before, `${backend.scheme}://${host}`);
  return { kind: 'stream', status: answer.status, headers, chunks: answer.chunks };
}

/** The rest of the path, as it was sent, and the query. */
export function targetOf({ path, query }: NodeRequest, before: string): string {
  const rest = path.slice(before.length) || '/';
  const asked = query.toString();
  return `${rest}${asked ? `?${asked}` : ''}`;
}

export function isUpgrade({ headers }: NodeRequest): boolean {
  return /\bupgrade\b/i.test(headers['connection'] ?? '');
}

export function passedOn(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_PASSED_ON.test(name)));
}

/** Where the backend sends its caller on within itself, the caller comes back here. */
function withLocation(headers: Readonly<Record<string, string>>, before: string, origin: string): Readonly<Record<string, string>> {
  const { location } = headers;
  if (location === undefined) return headers;
  const own = location.startsWith(`${origin}/`) ? location.slice(origin.length) : location;
  return own.startsWith('/') && !own.startsWith('//') ? { ...headers, location: `${before}${own}` } : headers;
}

export interface SchemeNamePort {
  readonly scheme: 'http' | 'https';
  readonly name: string;
  /** '' where none is named. */
  readonly port: string;
}

/** 'name', 'name:port' or 'scheme:name:port'. Throws BadRequest for anything else. */
export function splitSchemeNamePort(id: string, kind: string): SchemeNamePort {
  const parts = id.split(':');
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || name === '' || !['', 'http', 'https'].includes(scheme))
    throw badRequest(`invalid ${kind} request ${JSON.stringify(id)}`);
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port };
}
