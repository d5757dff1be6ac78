// Answers other nodes and the command line on one connection.
import type { Socket } from 'node:net';
import type { Message } from '../raft/messages.ts';
import { isRecordOf } from '../store/raft-record.ts';
import { type Call, decodeCall, encodeAnswer, Refusal } from './call.ts';
import { Connection } from './connection.ts';
import { decodeMessage } from './raft-message.ts';

export interface RpcHandlers {
  /** `address`: where the sender is reached. */
  raft(message: Message, address: string): void;
  /** Rejects with Refusal where the answer is no. */
  call(call: Call, signal: AbortSignal): Promise<unknown>;
  log(text: string): void;
}

export function serveRpc(socket: Socket, handlers: RpcHandlers): void {
  const ended = new AbortController();
  const connection = new Connection(
    socket,
    (record) => {
      if (!isRecordOf(record.head, 'raft')) return void answer(decodeCall(record));
      const { message, address } = decodeMessage(record);
      handlers.raft(message, address);
    },
    (error) => {
      ended.abort(new Error('the connection was closed'));
      if (error && !isUsual(error)) handlers.log(`connection from ${socket.remoteAddress}: ${error.message}`);
    },
  );
  const answer = async (call: Call & { readonly id: number }): Promise<void> => {
    try {
      connection.send(encodeAnswer(call.id, { value: (await handlers.call(call, ended.signal)) ?? null }));
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 'refused';
      connection.send(encodeAnswer(call.id, { refusal: error instanceof Error ? error.message : String(error), code }));
    }
  };
}

/** Peers that end abruptly are no news: whoever watches them says so. */
function isUsual(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
