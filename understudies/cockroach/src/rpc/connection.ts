// A connection between nodes: records both ways, each whole or not at all.
import type { Socket } from 'node:net';
import { bodyLength, decodeRecord, encodeRecord, RECORD_PREFIX, type RecordContent } from '../store/record.ts';

/** Bytes that may wait to be sent; messages beyond are dropped, as a network would. */
const MAX_WAITING = 256 << 20;

/** Sends and receives records on a socket. What cannot be understood ends the connection. */
export class Connection {
  readonly #socket: Socket;
  #received: Buffer[] = [];
  #size = 0;

  /** `onRecord` is called in order; `onClose` once, with the reason where there is one. */
  constructor(socket: Socket, onRecord: (record: RecordContent) => void, onClose: (error?: Error) => void) {
    this.#socket = socket;
    socket.setNoDelay(true);
    let failure: Error | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', () => onClose(failure));
    socket.on('data', (chunk: Buffer) => {
      this.#received.push(chunk);
      this.#size += chunk.length;
      try {
        for (let record = this.#next(); record; record = this.#next()) onRecord(record);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  /** False: too much waits already, and the record was dropped. */
  send(record: RecordContent): boolean {
    if (this.#socket.destroyed || this.#socket.writableLength > MAX_WAITING) return false;
    this.#socket.write(encodeRecord(record));
    return true;
  }

  close(): void {
    this.#socket.destroy();
  }

  #next(): RecordContent | undefined {
    if (this.#size < RECORD_PREFIX) return undefined;
    if (this.#received[0]!.length < RECORD_PREFIX) this.#received = [Buffer.concat(this.#received)];
    const end = RECORD_PREFIX + bodyLength(this.#received[0]!);
    if (this.#size < end) return undefined;
    const all = this.#received.length === 1 ? this.#received[0]! : Buffer.concat(this.#received);
    this.#received = [all.subarray(end)];
    this.#size -= end;
    return decodeRecord(all.subarray(0, end));
  }
}
