// Connections that stop being HTTP: exec over WebSocket. SPDY/3.1, which kubectl before 1.30 speaks, is refused for now.
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '@holdfast/clock';
import { type ApiResponse, badRequest, failure, internalError, StatusError } from '@holdfast/schema';
import { WebSocketServer } from 'ws';
import { chooseSubprotocol, execOptionsOf, runExecSession, SUBPROTOCOL_NAMES } from '../streaming/index.ts';
import type { CertificateIdentity } from './authenticate.ts';
import { type ExchangeContext, readRequest } from './exchange.ts';
import { failureHeaders } from './respond.ts';
import { targetOf, type WireRequest } from './wire.ts';

export interface UpgradeContext extends ExchangeContext {
  readonly clock: Clock;
  readonly identityOf: (request: WireRequest) => CertificateIdentity;
}

type ExecResponse = Extract<ApiResponse, { kind: 'exec' }>;

/** Handles the `upgrade` event. */
export function upgrader(context: UpgradeContext): (from: IncomingMessage, socket: Duplex, head: Buffer) => void {
  // Compression would only cost time on this machine.
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, handleProtocols: (offered) => best(offered) });
  return (from, socket, head) => void upgrade(from, socket, head, sockets, context);
}

async function upgrade(
  from: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  sockets: WebSocketServer,
  context: UpgradeContext,
): Promise<void> {
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  socket.on('error', () => socket.destroy());
  socket.once('close', onClose);
  try {
    const { server, request } = await readRequest(from, context.identityOf(from), context, gone.signal);
    const response = await server.handle(request);
    const exec = mustExec(response);
    const subprotocol = mustSpeak(from);
    const options = execOptionsOf(request.query);
    sockets.handleUpgrade(from, socket, head, (webSocket) => {
      const closing = (): void => webSocket.close(GOING_AWAY);
      context.closing.addEventListener('abort', closing, { once: true });
      webSocket.once('close', () => context.closing.removeEventListener('abort', closing));
      void runExecSession({ socket: webSocket, subprotocol, options, start: exec.start, clock: context.clock, onBug });
    });
  } catch (error) {
    if (!(error instanceof StatusError)) onBug(error);
    refuse(socket, error instanceof StatusError ? error : internalError(error));
  } finally {
    // What the handler opened for an answer that cannot be upgraded, such as a watch, ends with this.
    socket.removeListener('close', onClose);
    gone.abort();
  }

  function onBug(error: unknown): void {
    context.onBug(error, { method: from.method ?? '', path: targetOf(from).path });
  }
}

const GOING_AWAY = 1001;

/** A refusal by the handler may come as an answer instead of an exception. */
function mustExec(response: ApiResponse): ExecResponse {
  if (response.kind === 'exec') return response;
  if (response.kind === 'object' && response.status >= 400) {
    const {
      message = '',
      reason = 'InternalError',
      details,
    } = (response.object ?? {}) as { message?: string; reason?: string; details?: object };
    throw failure(response.status, reason, message, details);
  }
  throw badRequest('this path cannot be upgraded to another protocol');
}

function mustSpeak(from: IncomingMessage): NonNullable<ReturnType<typeof chooseSubprotocol>> {
  const protocol = (from.headers.upgrade ?? '').toLowerCase();
  if (protocol === 'spdy/3.1') {
    throw failure(
      501,
      'NotImplemented',
      'SPDY/3.1 is not spoken by this server yet: use a client that speaks WebSocket, such as kubectl 1.30 or newer',
    );
  }
  const subprotocol = protocol === 'websocket' ? chooseSubprotocol(offeredBy(from)) : undefined;
  if (!subprotocol) throw badRequest(`unable to upgrade: the subprotocol must be one of ${SUBPROTOCOL_NAMES.join(', ')}`);
  return subprotocol;
}

function offeredBy(from: IncomingMessage): readonly string[] {
  return (from.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
}

function best(offered: ReadonlySet<string>): string | false {
  return chooseSubprotocol([...offered])?.name || false;
}

function refuse(socket: Duplex, error: StatusError): void {
  const body = `${JSON.stringify(error.status)}\n`;
  const headers = {
    ...failureHeaders(error),
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${error.code} ${STATUS_CODES[error.code] ?? 'Unknown'}\r\n${lines.join('')}\r\n${body}`);
}
