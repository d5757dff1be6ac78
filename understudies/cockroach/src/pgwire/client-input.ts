// What a client sends, as messages; and the news that it has left, even while nobody reads.
import type { Socket } from 'node:net';
import { type ClientMessage, MessageReader } from './reader.ts';

/** So much is taken from a client that sends faster than it is served. */
const MOST_BUFFERED = 1 << 20;

export class ClientInput {
  readonly #socket: Socket;
  readonly #reader = new MessageReader();
  #ended = false;
  #wake: () => void = () => undefined;
  #onLeft: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const end = (): void => {
      if (this.#ended) return;
      this.#ended = true;
      this.#onLeft();
      this.#wake();
    };
    socket.on('data', (chunk: Buffer) => {
      this.#reader.push(chunk);
      if (this.#reader.buffered > MOST_BUFFERED) socket.pause();
      this.#wake();
    });
    socket.on('end', end);
    socket.on('close', end);
  }

  /** Called once when the client leaves. A client that is owed more than a megabyte of statements is noticed when they are done. */
  set onLeft(onLeft: () => void) {
    this.#onLeft = onLeft;
  }

  /** The next message; undefined once the client has left. `startup`: it is the first one. Rejects with SqlError where the bytes cannot be messages. */
  async next(startup = false): Promise<ClientMessage | undefined> {
    for (;;) {
      const message = this.now(startup);
      if (message || this.#ended) return message;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#socket.resume();
      });
    }
  }

  /** The next message if it is here already. */
  now(startup = false): ClientMessage | undefined {
    return this.#reader.next(startup);
  }
}
