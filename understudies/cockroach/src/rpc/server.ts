// The port on which the other nodes and the command line are heard.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Message } from '../raft/messages.ts';
import { isRecordOf } from '../store/raft-record.ts';
import { type Call, decodeCall, encodeAnswer, Refusal } from './call.ts';
import { Connection } from './connection.ts';
import { decodeMessage } from './raft-message.ts';

export interface RpcHandlers {
  raft(message: Message): void;
  /** Rejects with Refusal where the answer is no. */
  call(call: Call, signal: AbortSignal): Promise<unknown>;
  log(text: string): void;
}

export interface RpcServer extends AsyncDisposable {
  readonly port: number;
}

/** Listens; rejects where the address cannot be had. */
export async function startRpcServer(host: string, port: number, handlers: RpcHandlers): Promise<RpcServer> {
  const open = new Set<Connection>();
  const server = createServer((socket) => {
    const ended = new AbortController();
    const connection = new Connection(
      socket,
      (record) => {
        if (isRecordOf(record.head, 'raft')) handlers.raft(decodeMessage(record));
        else void answer(decodeCall(record), connection, ended.signal);
      },
      (error) => {
        open.delete(connection);
        ended.abort();
        if (error && !isUsual(error)) handlers.log(`connection from ${socket.remoteAddress}: ${error.message}`);
      },
    );
    open.add(connection);
  });
  const answer = async (call: Call & { readonly id: number }, connection: Connection, signal: AbortSignal): Promise<void> => {
    try {
      connection.send(encodeAnswer(call.id, { value: (await handlers.call(call, signal)) ?? null }));
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 'refused';
      connection.send(encodeAnswer(call.id, { refusal: error instanceof Error ? error.message : String(error), code }));
    }
  };
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const connection of open) connection.close();
      await once(server, 'close');
    },
  };
}

/** Peers that end abruptly are no news: whoever watches them says so. */
function isUsual(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
