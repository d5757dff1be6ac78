// The parts of Node's HTTP/1.1 and HTTP/2 messages that both have.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

export type WireRequest = IncomingMessage | Http2ServerRequest;
export type WireResponse = ServerResponse | Http2ServerResponse;

/** Headers as the API sees them: lower case, one value each, without HTTP/2's pseudo headers. */
export function headersOf(request: WireRequest): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !name.startsWith(':')) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** The path, decoded no further than URL does, and the query of a request target. */
export function targetOf(request: Pick<WireRequest, 'url'>): { readonly path: string; readonly query: URLSearchParams } {
  const target = request.url ?? '/';
  const question = target.indexOf('?');
  return question < 0
    ? { path: target, query: new URLSearchParams() }
    : { path: target.slice(0, question), query: new URLSearchParams(target.slice(question + 1)) };
}
