// Connections that stop being HTTP: exec, attach and forwarded ports, over WebSocket or SPDY/3.1.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '@holdfast/clock';
import { type ApiResponse, badRequest, failure, internalError, StatusError } from '@holdfast/schema';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  chooseSubprotocol,
  PORT_FORWARD_PROTOCOL,
  PORT_FORWARD_TUNNEL,
  PortForwarder,
  portsOf,
  runExecSession,
  runPortChannels,
  SPDY_EXEC_PROTOCOLS,
  SpdyExec,
  SUBPROTOCOL_NAMES,
} from '../streaming/index.ts';
import { carryBySocket, carryByWebSocket, SpdySession } from '../streaming/spdy/index.ts';
import type { OnBug } from './exchange.ts';
import { failureHeaders } from './respond.ts';
import { refuse, type Refusal } from './refuse-upgrade.ts';
import { passThrough } from './tunnel.ts';
import { targetOf } from './wire.ts';

export interface UpgradeContext {
  readonly clock: Clock;
  /** The answer to the request that asks for the upgrade; `gone` aborts when its client has gone. Throws StatusError to refuse. */
  readonly answer: (from: IncomingMessage, gone: AbortController) => Promise<ApiResponse>;
  readonly onBug: OnBug;
  /** Aborts when the listener closes: upgraded connections end. */
  readonly closing: AbortSignal;
}

type Upgradable = Extract<ApiResponse, { kind: 'exec' | 'port-forward' }>;

/** An upgrade under way. */
interface Upgrade {
  readonly from: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly sockets: WebSocketServer;
  readonly context: UpgradeContext;
  readonly onBug: (error: unknown) => void;
}

const GOING_AWAY = 1001;
/** Subprotocols that name no token, which `ws` would not let through. */
const TUNNEL_HEADER = 'sec-websocket-protocol';

/** Handles the `upgrade` event. */
export function upgrader(context: UpgradeContext): (from: IncomingMessage, socket: Duplex, head: Buffer) => void {
  // Compression would only cost time on this machine.
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, handleProtocols: (offered) => best(offered) });
  const tunnels = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  tunnels.on('headers', (lines) => lines.push(`Sec-WebSocket-Protocol: ${PORT_FORWARD_TUNNEL}`));
  return (from, socket, head) => {
    const onBug = (error: unknown): void => context.onBug(error, { method: from.method ?? '', path: targetOf(from).path });
    const tunnelled = offeredBy(from).includes(PORT_FORWARD_TUNNEL);
    void upgrade({ from, socket, head, sockets: tunnelled ? tunnels : sockets, context, onBug });
  };
}

async function upgrade(under: Upgrade): Promise<void> {
  const { from, socket, context, onBug } = under;
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  socket.on('error', () => socket.destroy());
  socket.once('close', onClose);
  try {
    const response = await context.answer(from, gone);
    if (response.kind === 'tunnel') await passThrough({ from, socket, head: under.head, closing: context.closing }, response);
    else if (response.kind === 'bytes' && response.status >= 400) refuse(socket, response);
    else begin(under, mustUpgrade(response));
  } catch (error) {
    if (!(error instanceof StatusError)) onBug(error);
    refuse(socket, statusAnswer(error instanceof StatusError ? error : internalError(error)));
  } finally {
    // What the handler opened for an answer that cannot be upgraded, such as a watch, ends with this.
    socket.removeListener('close', onClose);
    gone.abort();
  }
}

function begin(under: Upgrade, response: Upgradable): void {
  if ((under.from.headers.upgrade ?? '').toLowerCase() === 'spdy/3.1') bySpdy(under, response);
  else if (response.kind === 'exec') execByWebSocket(under, response);
  else if (offeredBy(under.from).includes(PORT_FORWARD_TUNNEL)) tunnelByWebSocket(under, response);
  else portsByWebSocket(under, response);
}

type Exec = Extract<Upgradable, { kind: 'exec' }>;
type PortForward = Extract<Upgradable, { kind: 'port-forward' }>;

function execByWebSocket({ from, socket, head, sockets, context, onBug }: Upgrade, { options, start }: Exec): void {
  const subprotocol = mustSpeak(from);
  sockets.handleUpgrade(from, socket, head, (webSocket) => {
    closeWith(context.closing, webSocket);
    void runExecSession({ socket: webSocket, subprotocol, options, start, clock: context.clock, onBug });
  });
}

function tunnelByWebSocket({ from, socket, head, sockets, context }: Upgrade, { connect }: PortForward): void {
  // `ws` refuses a name with a slash: it does not get to see it, and the answer names it in a header of its own.
  delete from.headers[TUNNEL_HEADER];
  sockets.handleUpgrade(from, socket, head, (webSocket) => {
    closeWith(context.closing, webSocket);
    const forwarder = new PortForwarder(connect);
    carryByWebSocket(webSocket, (carrier) => new SpdySession(carrier, (stream) => void forwarder.accept(stream)));
  });
}

function portsByWebSocket({ from, socket, head, sockets, context }: Upgrade, { ports: named, connect }: PortForward): void {
  const subprotocol = mustSpeak(from);
  const ports = portsOf(named);
  sockets.handleUpgrade(from, socket, head, (webSocket) => {
    closeWith(context.closing, webSocket);
    void runPortChannels({ socket: webSocket, subprotocol, ports, connect });
  });
}

function bySpdy({ from, socket, head, context, onBug }: Upgrade, response: Upgradable): void {
  const offered = [from.headers['x-stream-protocol-version'] ?? []].flat().flatMap((text) => text.split(',').map((name) => name.trim()));
  const spoken: readonly string[] = response.kind === 'exec' ? SPDY_EXEC_PROTOCOLS : [PORT_FORWARD_PROTOCOL];
  const protocol = spoken.find((name) => offered.includes(name));
  if (protocol === undefined) {
    throw failure(
      403,
      'Forbidden',
      `unable to upgrade: unable to negotiate protocol: client supports ${goList(offered)}, server supports ${goList(spoken)}`,
    );
  }
  const accept =
    response.kind === 'exec'
      ? new SpdyExec({ options: response.options, start: response.start, onBug })
      : new PortForwarder(response.connect);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
  const session = carryBySocket(socket, head, (carrier) => new SpdySession(carrier, (stream) => void accept.accept(stream, session)));
  const closing = (): void => void session.close();
  context.closing.addEventListener('abort', closing, { once: true });
  socket.once('close', () => context.closing.removeEventListener('abort', closing));
}

function closeWith(closing: AbortSignal, webSocket: WebSocket): void {
  const close = (): void => webSocket.close(GOING_AWAY);
  closing.addEventListener('abort', close, { once: true });
  webSocket.once('close', () => closing.removeEventListener('abort', close));
}

/** A refusal by the handler may come as an answer instead of an exception. */
function mustUpgrade(response: ApiResponse): Upgradable {
  if (response.kind === 'exec' || response.kind === 'port-forward') return response;
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
  const subprotocol = protocol === 'websocket' ? chooseSubprotocol(offeredBy(from)) : undefined;
  if (!subprotocol) throw badRequest(`unable to upgrade: the subprotocol must be one of ${SUBPROTOCOL_NAMES.join(', ')}`);
  return subprotocol;
}

function offeredBy(from: IncomingMessage): readonly string[] {
  return (from.headers[TUNNEL_HEADER] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
}

function best(offered: ReadonlySet<string>): string | false {
  return chooseSubprotocol([...offered])?.name || false;
}

/** A list as Go prints it. */
function goList(names: readonly string[]): string {
  return `[${names.filter(Boolean).join(' ')}]`;
}

function statusAnswer(error: StatusError): Refusal {
  const headers = { ...failureHeaders(error), 'content-type': 'application/json' };
  return { status: error.code, headers, bytes: Buffer.from(`${JSON.stringify(error.status)}\n`) };
}
