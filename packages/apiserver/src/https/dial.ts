// Connections that the server makes on behalf of others, with Go's time-outs and Go's words for what goes wrong.
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import type { Clock } from '@holdfast/clock';
import { goWords } from './go-words.ts';

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Over TLS; absent: plain. */
  readonly tls?:
    | {
        /** With the certificate that is shown, if any. */
        readonly secureContext?: SecureContext;
        /** Whose certificate it may not be is told; absent: anybody's will do. */
        readonly problem?: (socket: TLSSocket) => Error | undefined;
      }
    | undefined;
}

/** Go's defaults. */
const DIAL_MS = 30_000;
const HANDSHAKE_MS = 10_000;
/** A peer that has vanished without a word is noticed by what is sent to it. */
const KEEP_ALIVE_MS = 30_000;

/** Rejects with an Error such as 'dial tcp 127.0.0.1:10250: connect: connection refused'. */
export function dial({ host, port, clock, signal, tls }: DialOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = tls
      ? connectTls({
          host,
          port,
          rejectUnauthorized: false,
          servername: isIP(host) === 0 ? host : '',
          ...(tls.secureContext ? { secureContext: tls.secureContext } : {}),
        })
      : connectTcp({ host, port });
    const fail = (error: Error): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(new Error('context canceled'));
    let cancel = clock.after(DIAL_MS, () => fail(new Error(`dial tcp ${host}:${port}: i/o timeout`)));
    const settle = (): void => {
      cancel();
      signal?.removeEventListener('abort', onAbort);
    };
    const done = (wrong?: Error): void => {
      if (wrong) return fail(wrong);
      settle();
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      resolve(socket);
      return undefined;
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    // Stays: an error that comes when somebody else has the connection closes it, which is noticed.
    socket.on('error', (error) => fail(new Error(goWords(error, { host, port }), { cause: error })));
    socket.once('connect', () => {
      if (!tls) return done();
      cancel();
      cancel = clock.after(HANDSHAKE_MS, () => fail(new Error('net/http: TLS handshake timeout')));
      return undefined;
    });
    if (tls) socket.once('secureConnect', () => done(tls.problem?.(socket as TLSSocket)));
    if (signal?.aborted) onAbort();
  });
}
