// What carries SPDY's bytes: a socket after an upgrade, or binary messages of a WebSocket.
import type { Duplex } from 'node:stream';
import WebSocket from 'ws';
import type { Carrier, SpdySession } from './session.ts';

/** Connects a session to a socket. `head`: bytes that came with the upgrade. */
export function carryBySocket(socket: Duplex, head: Uint8Array, start: (carrier: Carrier) => SpdySession): SpdySession {
  const session = start({
    write: (bytes) =>
      socket.destroyed || socket.writableEnded || socket.write(bytes)
        ? Promise.resolve()
        : new Promise((resolve) => {
            const done = (): void => {
              socket.off('drain', done);
              socket.off('close', done);
              resolve();
            };
            socket.once('drain', done);
            socket.once('close', done);
          }),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => socket.end(),
  });
  socket.on('data', (bytes: Buffer) => void session.receive(bytes));
  socket.on('end', () => socket.end());
  socket.on('close', () => session.lost());
  if (head.length > 0) void session.receive(head);
  return session;
}

/** Connects a session to a WebSocket. */
export function carryByWebSocket(socket: WebSocket, start: (carrier: Carrier) => SpdySession): SpdySession {
  const session = start({
    write: (bytes) =>
      socket.readyState === WebSocket.OPEN
        ? new Promise((resolve) => socket.send(bytes, { binary: true }, () => resolve()))
        : Promise.resolve(),
    pause: () => socket.pause(),
    resume: () => socket.readyState === WebSocket.OPEN && socket.resume(),
    end: () => socket.close(1000),
  });
  socket.on('message', (bytes: Buffer) => void session.receive(bytes));
  socket.on('error', () => socket.terminate());
  socket.on('close', () => session.lost());
  return session;
}
