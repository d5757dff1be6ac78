// From one HTTP request to one call of the server's handler.
import { constants } from 'node:http2';
import { type ApiRequest, badRequest, internalError, notAcceptable, serviceUnavailable, StatusError } from '@holdfast/schema';
import type { ApiServer } from '../api-server.ts';
import { WRITTEN_MEDIA_TYPES, wireFormatOf } from '../negotiation/output-form.ts';
import { authenticate, type CertificateIdentity } from './authenticate.ts';
import { refusal } from './authorize.ts';
import { BODY_LIMIT, readBody } from './body.ts';
import { respond, type RespondOptions, sendFailure } from './respond.ts';
import { ClientGone } from './client-gone.ts';
import { headersOf, targetOf, type WireRequest, type WireResponse } from './wire.ts';

/** Told of each exception that is no StatusError: a bug. */
export type OnBug = (error: unknown, request: { readonly method: string; readonly path: string }) => void;

export interface ExchangeContext {
  /** Undefined while the server is starting: requests are answered with 503. */
  readonly server: () => ApiServer | undefined;
  readonly onBug: OnBug;
  /** Aborts when the listener closes: watches end. */
  readonly closing: AbortSignal;
}

// The answers to these are what a container wrote, or an upgraded connection; their Accept header means nothing.
const UNNEGOTIATED =
  /^\/(healthz|livez|readyz|version|metrics|openapi)(\/|$)|\/(log|exec|attach|portforward|proxy)$|^\/api\/v1\/(nodes|namespaces\/[^/]+\/(pods|services))\/[^/]+\/proxy\//;
const NO_BODY = new Set(['GET', 'HEAD']);
/** Bodies of so many bytes are worked on in steps. */
const LARGE = 64 * 1024;

/** Answers one request; never throws. */
export async function exchange(
  from: WireRequest,
  to: WireResponse,
  identity: CertificateIdentity,
  context: ExchangeContext,
): Promise<void> {
  const method = from.method ?? 'GET';
  const { path } = targetOf(from);
  const headers = headersOf(from);
  const options: RespondOptions = {
    format: wireFormatOf(headers['accept']) ?? 'json',
    acceptEncoding: headers['accept-encoding'],
    bodyless: method === 'HEAD',
  };
  const gone = new ClientGone(to, context.closing);
  try {
    const request = await readRequest(from, identity, context, gone);
    await respond(await request.server.handle(request.request), to, options);
  } catch (error) {
    if (gone.happened && !context.closing.aborted) return;
    const failure = error instanceof StatusError ? error : reported(error, context.onBug, { method, path });
    if (to.headersSent) breakOff(to);
    else await sendFailure(failure, to, options);
  } finally {
    gone.release();
  }
}

/** A request on whose behalf nothing has been done yet: authenticated, allowed, its body read. */
export interface ReadRequest {
  readonly server: ApiServer;
  readonly request: ApiRequest;
}

/** Throws StatusError for whatever the server must refuse before handling. */
export async function readRequest(
  from: WireRequest,
  identity: CertificateIdentity,
  { server: current }: Pick<ExchangeContext, 'server'>,
  gone: { readonly signal: AbortSignal },
): Promise<ReadRequest> {
  const server = current();
  if (!server) throw serviceUnavailable('the server is starting');
  const method = from.method ?? 'GET';
  const headers = headersOf(from);
  if (from.httpVersion === '1.1' && headers['host'] === undefined) throw badRequest('missing required Host header');
  const { path, query } = targetOf(from);
  const user = await authenticate(identity, headers, server);
  const refused = refusal({ path, user });
  if (refused) throw refused;
  if (wireFormatOf(headers['accept']) === undefined && !UNNEGOTIATED.test(path)) throw notAcceptable(WRITTEN_MEDIA_TYPES);
  const body = await bodyOf(from, method, headers);
  const request: ApiRequest = {
    method,
    path,
    query,
    headers,
    user,
    // Made for those who look: most requests are answered before anybody could go.
    get signal() {
      return gone.signal;
    },
    ...body,
  };
  return { server, request };
}

async function bodyOf(
  from: WireRequest,
  method: string,
  headers: Readonly<Record<string, string>>,
): Promise<Pick<ApiRequest, 'body' | 'turn'>> {
  if (NO_BODY.has(method) && headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return {};
  const bytes = await readBody(from, BODY_LIMIT);
  if (bytes.length === 0) return {};
  return { body: { kind: 'bytes', bytes }, ...(bytes.length >= LARGE ? { turn: nextTurn } : {}) };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function reported(error: unknown, onBug: OnBug, request: { readonly method: string; readonly path: string }): StatusError {
  onBug(error, request);
  return internalError(error);
}

/** A stream that has begun cannot be told of a failure in any other way. */
export function breakOff(to: WireResponse): void {
  if ('stream' in to) to.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else to.destroy();
}
