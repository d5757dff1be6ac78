// Frames of SPDY/3.1 as bytes and as values.

/** A frame. `block` is a compressed header block. */
export type Frame =
  | { readonly type: 'data'; readonly id: number; readonly fin: boolean; readonly payload: Uint8Array }
  | { readonly type: 'syn-stream' | 'syn-reply' | 'headers'; readonly id: number; readonly fin: boolean; readonly block: Uint8Array }
  | { readonly type: 'reset'; readonly id: number; readonly status: number }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'goaway'; readonly lastId: number; readonly status: number }
  | { readonly type: 'window-update'; readonly id: number; readonly delta: number }
  /** Settings, and what this server does not know: to be passed over. */
  | { readonly type: 'other'; readonly code: number };

/** The peer does not speak the protocol; the connection cannot go on. */
export class SpdyError extends Error {
  override readonly name = 'SpdyError';
}

const VERSION = 3;
const CODES = { 'syn-stream': 1, 'syn-reply': 2, reset: 3, settings: 4, ping: 6, goaway: 7, headers: 8, 'window-update': 9 } as const;
const HEAD = 8;
const FIN = 1;
/** Header blocks of Kubernetes' streams are a few dozen bytes. */
const CONTROL_LIMIT = 64 * 1024;
const MAX_ID = 0x7fff_ffff;

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #waiting: Buffer = Buffer.alloc(0);

  /** The frames that are complete with these bytes. Throws SpdyError for what is no frame. */
  push(bytes: Uint8Array): readonly Frame[] {
    this.#waiting = this.#waiting.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#waiting, bytes]);
    const frames: Frame[] = [];
    let at = 0;
    while (this.#waiting.length - at >= HEAD) {
      const head = this.#waiting.subarray(at, at + HEAD);
      const length = head.readUIntBE(5, 3);
      const control = (head[0] ?? 0) >= 0x80;
      if (control && length > CONTROL_LIMIT) throw new SpdyError(`a control frame of ${length} bytes is too large`);
      if (this.#waiting.length - at - HEAD < length) break;
      const payload = this.#waiting.subarray(at + HEAD, at + HEAD + length);
      frames.push(control ? controlFrame(head, payload) : dataFrame(head, payload));
      at += HEAD + length;
    }
    this.#waiting = this.#waiting.subarray(at);
    return frames;
  }
}

/** The bytes of a frame. */
export function encodeFrame(frame: Exclude<Frame, { type: 'other' }>): Uint8Array {
  switch (frame.type) {
    case 'data': {
      const head = Buffer.alloc(HEAD);
      head.writeUInt32BE(frame.id, 0);
      head[4] = frame.fin ? FIN : 0;
      head.writeUIntBE(frame.payload.length, 5, 3);
      return Buffer.concat([head, frame.payload]);
    }
    case 'syn-stream':
      return control(frame.type, frame.fin, Buffer.concat([words(frame.id, 0), Uint8Array.of(0, 0), frame.block]));
    case 'syn-reply':
    case 'headers':
      return control(frame.type, frame.fin, Buffer.concat([words(frame.id), frame.block]));
    case 'reset':
      return control(frame.type, false, words(frame.id, frame.status));
    case 'ping':
      return control(frame.type, false, words(frame.id));
    case 'goaway':
      return control(frame.type, false, words(frame.lastId, frame.status));
    case 'window-update':
      return control(frame.type, false, words(frame.id, frame.delta));
  }
}

function dataFrame(head: Buffer, payload: Uint8Array): Frame {
  return { type: 'data', id: head.readUInt32BE(0) & MAX_ID, fin: isFinal(head), payload };
}

function controlFrame(head: Buffer, payload: Buffer): Frame {
  const version = head.readUInt16BE(0) & 0x7fff;
  if (version !== VERSION) throw new SpdyError(`version ${version} of SPDY is not spoken here`);
  const code = head.readUInt16BE(2);
  const word = (index: number): number => {
    if (payload.length < (index + 1) * 4) throw new SpdyError(`a control frame of type ${code} is too short`);
    return payload.readUInt32BE(index * 4);
  };
  const id = (index: number): number => word(index) & MAX_ID;
  const fin = isFinal(head);
  switch (code) {
    case CODES['syn-stream']:
      word(1);
      if (payload.length < 10) throw new SpdyError('a SYN_STREAM is too short');
      return { type: 'syn-stream', id: id(0), fin, block: payload.subarray(10) };
    case CODES['syn-reply']:
      return { type: 'syn-reply', id: id(0), fin, block: payload.subarray(4) };
    case CODES.headers:
      return { type: 'headers', id: id(0), fin, block: payload.subarray(4) };
    case CODES.reset:
      return { type: 'reset', id: id(0), status: word(1) };
    case CODES.ping:
      return { type: 'ping', id: word(0) };
    case CODES.goaway:
      return { type: 'goaway', lastId: id(0), status: word(1) };
    case CODES['window-update']:
      return { type: 'window-update', id: id(0), delta: id(1) };
    default:
      return { type: 'other', code };
  }
}

function isFinal(head: Buffer): boolean {
  return ((head[4] ?? 0) & FIN) === FIN;
}

function control(type: keyof typeof CODES, fin: boolean, payload: Uint8Array): Uint8Array {
  const head = Buffer.alloc(HEAD);
  head.writeUInt16BE(0x8000 | VERSION, 0);
  head.writeUInt16BE(CODES[type], 2);
  head[4] = fin ? FIN : 0;
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}
