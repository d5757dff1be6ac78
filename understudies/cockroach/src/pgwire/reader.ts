// Cuts what a client sends into messages, and messages into fields.
import { SqlError } from '../sql/errors.ts';

/** A client's first message is short. */
const MAX_STARTUP = 10_000;
const MAX_MESSAGE = 64 << 20;

/** What a client sent makes no sense: the connection ends with it. */
export function protocolViolation(text: string): SqlError {
  return new SqlError('08P01', text);
}

export interface ClientMessage {
  /** The type's letter; '' for the first message, which has none. */
  readonly type: string;
  readonly body: FieldReader;
}

/** Bytes in, messages out. `next` throws SqlError where the bytes cannot be messages. */
export class MessageReader {
  #buffer: Buffer = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #chunkBytes = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
  }

  /** Bytes that no message has been made of yet. */
  get buffered(): number {
    return this.#buffer.length + this.#chunkBytes;
  }

  /** The next whole message; undefined until more bytes come. `startup`: it is the first one. */
  next(startup: boolean): ClientMessage | undefined {
    const prefix = startup ? 4 : 5;
    if (this.#chunks.length > 0 && this.buffered >= Math.max(prefix, this.#wanted(startup))) {
      this.#buffer = Buffer.concat([this.#buffer, ...this.#chunks]);
      this.#chunks = [];
      this.#chunkBytes = 0;
    }
    if (this.#buffer.length < prefix) return undefined;
    const end = this.#wanted(startup);
    if (this.#buffer.length < end) return undefined;
    const type = startup ? '' : String.fromCharCode(this.#buffer[0]!);
    const body = this.#buffer.subarray(prefix, end);
    this.#buffer = this.#buffer.subarray(end);
    return { type, body: new FieldReader(body) };
  }

  /** Bytes of the whole message, as far as its length is known. */
  #wanted(startup: boolean): number {
    const offset = startup ? 0 : 1;
    if (this.#buffer.length < offset + 4) return offset + 4;
    const length = this.#buffer.readInt32BE(offset);
    const most = startup ? MAX_STARTUP : MAX_MESSAGE;
    if (length < 4) throw protocolViolation(`invalid message length ${length}`);
    if (length > most) throw protocolViolation(`message of ${length} bytes is longer than the ${most} bytes that are allowed`);
    return offset + length;
  }
}

/** Reads a message's fields in order. Throws SqlError where the message ends too soon. */
export class FieldReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  byte(): string {
    return String.fromCharCode(this.bytes(1)[0]!);
  }

  int16(): number {
    return this.bytes(2).readInt16BE();
  }

  /** A count of fields: never negative. */
  count(): number {
    return this.bytes(2).readUInt16BE();
  }

  int32(): number {
    return this.bytes(4).readInt32BE();
  }

  bytes(length: number): Buffer {
    if (length < 0 || length > this.remaining) throw protocolViolation('a message is shorter than its fields');
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  cstring(): string {
    const end = this.#bytes.indexOf(0, this.#offset);
    if (end < 0) throw protocolViolation('a text in a message has no end');
    const text = this.#bytes.toString('utf8', this.#offset, end);
    this.#offset = end + 1;
    return text;
  }

  list<T>(read: () => T): readonly T[] {
    return Array.from({ length: this.count() }, read);
  }
}
