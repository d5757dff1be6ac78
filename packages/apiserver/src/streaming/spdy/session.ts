// A SPDY/3.1 connection on the server's side: streams that the client opens, over whatever carries the bytes.
import { InputQueue } from '../input-queue.ts';
import { encodeFrame, type Frame, FrameReader, SpdyError } from './frames.ts';
import { HeaderDecoder, HeaderEncoder, type Headers } from './header-block.ts';

/** What carries the bytes of a connection. */
export interface Carrier {
  /** Resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  pause(): void;
  resume(): void;
  /** Ends the connection once all is written. */
  end(): void;
}

/** One stream. */
export interface SpdyStream {
  readonly id: number;
  readonly headers: Headers;
  /** What the client sends, until it half-closes. */
  readonly input: AsyncIterable<Uint8Array>;
  write(chunk: Uint8Array): Promise<void>;
  /** Half-closes: nothing more is written. */
  end(): Promise<void>;
  /** Aborted when the client resets the stream or the connection is lost. */
  readonly signal: AbortSignal;
}

interface OpenStream {
  readonly queue: InputQueue<Uint8Array>;
  readonly gone: AbortController;
  ended: boolean;
}

const INVALID_STREAM = 2;
const REFUSED_STREAM = 3;
const PROTOCOL_ERROR = 1;
const STREAM_LIMIT = 1000;
/** Data frames hold at most 16 MiB; smaller ones let streams take turns. */
const PIECE = 64 * 1024;

/** Streams have no windows of their own in Kubernetes' use: the connection as a whole is paused when too much waits. */
export class SpdySession {
  readonly #carrier: Carrier;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #reader = new FrameReader();
  readonly #decoder = new HeaderDecoder();
  readonly #encoder = new HeaderEncoder();
  readonly #streams = new Map<number, OpenStream>();
  #lastId = 0;
  #closed = false;
  /** Frames are handled one after the other: decompression of headers takes a moment. */
  #tail: Promise<void> = Promise.resolve();

  constructor(carrier: Carrier, onStream: (stream: SpdyStream) => void) {
    this.#carrier = carrier;
    this.#onStream = onStream;
  }

  /** Takes bytes from the client, in order. A peer that does not speak SPDY is sent away. Never rejects. */
  receive(bytes: Uint8Array): Promise<void> {
    this.#tail = this.#tail.then(() => this.#handleAll(bytes));
    return this.#tail;
  }

  /** The connection was lost: all streams end. */
  lost(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#encoder.close();
    this.#decoder.close();
    for (const stream of this.#streams.values()) {
      stream.queue.end();
      stream.gone.abort();
    }
    this.#streams.clear();
  }

  /** Says goodbye and ends the connection. */
  async close(status = 0): Promise<void> {
    if (this.#closed) return;
    await this.#send({ type: 'goaway', lastId: this.#lastId, status });
    this.#carrier.end();
  }

  async #handleAll(bytes: Uint8Array): Promise<void> {
    if (this.#closed) return;
    try {
      for (const frame of this.#reader.push(bytes)) await this.#handle(frame);
    } catch (error) {
      if (this.#closed) return;
      if (!(error instanceof SpdyError)) throw error;
      await this.close(PROTOCOL_ERROR);
      this.lost();
    }
  }

  async #handle(frame: Frame): Promise<void> {
    switch (frame.type) {
      case 'syn-stream':
        return this.#open(frame.id, frame.fin, await this.#decoder.decode(frame.block));
      case 'data':
        return this.#data(frame.id, frame.fin, frame.payload);
      case 'ping':
        return this.#send(frame);
      case 'reset':
        this.#streams.get(frame.id)?.gone.abort();
        this.#streams.get(frame.id)?.queue.end();
        this.#streams.delete(frame.id);
        return undefined;
      case 'syn-reply':
      case 'headers':
        // Both directions of a zlib stream must see all blocks.
        await this.#decoder.decode(frame.block);
        if (frame.fin) this.#streams.get(frame.id)?.queue.end();
        return undefined;
      default:
        return undefined;
    }
  }

  async #open(id: number, fin: boolean, headers: Headers): Promise<void> {
    if (id <= this.#lastId || id % 2 === 0) throw new SpdyError(`stream ${id} cannot be opened after ${this.#lastId}`);
    this.#lastId = id;
    if (this.#streams.size >= STREAM_LIMIT) return this.#send({ type: 'reset', id, status: REFUSED_STREAM });
    const flow = { pause: () => this.#carrier.pause(), resume: () => this.#carrier.resume() };
    const stream: OpenStream = {
      queue: new InputQueue<Uint8Array>((chunk) => chunk.length, flow),
      gone: new AbortController(),
      ended: false,
    };
    this.#streams.set(id, stream);
    if (fin) stream.queue.end();
    await this.#send({ type: 'syn-reply', id, fin: false, block: await this.#encoder.encode({}) });
    this.#onStream({
      id,
      headers,
      input: stream.queue,
      signal: stream.gone.signal,
      write: async (chunk) => {
        for (let at = 0; at < chunk.length && !stream.ended && !stream.gone.signal.aborted; at += PIECE)
          await this.#send({ type: 'data', id, fin: false, payload: chunk.subarray(at, at + PIECE) });
      },
      end: async () => {
        if (stream.ended || stream.gone.signal.aborted) return;
        stream.ended = true;
        await this.#send({ type: 'data', id, fin: true, payload: new Uint8Array() });
      },
    });
  }

  #data(id: number, fin: boolean, payload: Uint8Array): Promise<void> | undefined {
    const stream = this.#streams.get(id);
    if (!stream) return this.#send({ type: 'reset', id, status: INVALID_STREAM });
    if (payload.length > 0) stream.queue.push(payload);
    if (fin) stream.queue.end();
    return undefined;
  }

  async #send(frame: Parameters<typeof encodeFrame>[0]): Promise<void> {
    if (!this.#closed) await this.#carrier.write(encodeFrame(frame));
  }
}
