// The way to one other node: a connection that is made when something is to be sent, and made again when it broke.
import { connect } from 'node:net';
import type { Clock } from '@holdfast/clock';
import { withSignal } from '../limits.ts';
import { type Resolve, splitAddress } from '../net/resolve.ts';
import type { Message } from '../raft/messages.ts';
import { AnswerLost, type Answer, type Call, decodeAnswer, encodeCall, Refusal, Unreachable } from './call.ts';
import { Connection } from './connection.ts';
import { RPC_PREFACE } from './preface.ts';
import { encodeMessage } from './raft-message.ts';

const CONNECT_LIMIT_MS = 2_000;
/** After a failure nothing is tried for so long: what is sent meanwhile is lost. */
const RETRY_MS = 200;

export interface PeerOptions {
  readonly clock: Clock;
  readonly resolve: Resolve;
  /** `host:port` of the other's RPC port. */
  readonly address: string;
}

interface Open {
  readonly connection: Connection;
  readonly waiting: Map<number, (answer: Answer | Error) => void>;
}

export class Peer {
  readonly #options: PeerOptions;
  #open: Promise<Open> | undefined;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #failure: Error | undefined;
  #lastId = 0;
  #closed = false;

  constructor(options: PeerOptions) {
    this.#options = options;
  }

  get address(): string {
    return this.#options.address;
  }

  /** Sends, or loses, the message; `ownAddress` is where the answer is to go. */
  send(message: Message, ownAddress: string): void {
    // Raft sends again what is lost.
    this.#connected().then(
      ({ connection }) => void connection.send(encodeMessage(message, ownAddress)),
      () => undefined,
    );
  }

  /** Asks and waits. Rejects with Refusal, Unreachable (nothing has happened), AnswerLost, or the signal's reason. */
  async call(call: Omit<Call, 'bytes'> & { readonly bytes?: Uint8Array }, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    const { connection, waiting } = await withSignal(this.#connected(), signal);
    const id = ++this.#lastId;
    const answer = new Promise<Answer>((resolve, reject) => {
      waiting.set(id, (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
      if (!connection.send(encodeCall(id, { ...call, bytes: call.bytes ?? new Uint8Array() })))
        reject(new Unreachable(`${this.address}: the connection is closed or full`));
    });
    try {
      const outcome = await withSignal(answer, signal);
      if ('refusal' in outcome) throw new Refusal(outcome.code, outcome.refusal);
      return outcome.value;
    } finally {
      waiting.delete(id);
    }
  }

  close(): void {
    this.#closed = true;
    this.#open?.then(
      ({ connection }) => connection.close(),
      () => undefined,
    );
  }

  #connected(): Promise<Open> {
    const { clock } = this.#options;
    if (this.#open) return this.#open;
    if (this.#closed) return Promise.reject(new Unreachable(`${this.address}: closed`));
    if (this.#failure && clock.now() - this.#failedAtMs < RETRY_MS) return Promise.reject(this.#failure);
    const opening = this.#connect();
    this.#open = opening;
    opening.catch((error: unknown) => {
      this.#failedAtMs = clock.now();
      this.#failure = error instanceof Error ? error : new Error(String(error));
      if (this.#open === opening) this.#open = undefined;
    });
    return opening;
  }

  async #connect(): Promise<Open> {
    const { clock, resolve, address } = this.#options;
    const [host, port] = splitAddress(address, 26_257);
    const waiting: Open['waiting'] = new Map();
    try {
      const ip = await resolve(host);
      return await new Promise<Open>((done, fail) => {
        const socket = connect({ host: ip, port });
        const cancel = clock.after(CONNECT_LIMIT_MS, () => socket.destroy(new Error(`no answer within ${CONNECT_LIMIT_MS / 1000} s`)));
        const connection = new Connection(
          socket,
          (record) => {
            const { id, answer } = decodeAnswer(record);
            waiting.get(id)?.(answer);
          },
          (error) => {
            cancel();
            fail(new Unreachable(error?.message ?? 'connection closed'));
            this.#open = undefined;
            for (const settle of waiting.values()) settle(new AnswerLost(`the connection to ${address} broke before the answer came`));
          },
        );
        socket.once('connect', () => {
          cancel();
          socket.write(RPC_PREFACE);
          done({ connection, waiting });
        });
      });
    } catch (error) {
      throw new Unreachable(`${address}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}
