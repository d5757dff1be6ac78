// Header blocks: names and values, compressed by one zlib stream for each direction of a connection.
import { createDeflate, createInflate, constants, type Deflate, type Inflate } from 'node:zlib';
import { SPDY_DICTIONARY } from './dictionary.ts';
import { SpdyError } from './frames.ts';

export type Headers = Readonly<Record<string, string>>;

/** What one block may grow to: a few bytes can stand for very many. */
const BLOCK_LIMIT = 256 * 1024;
const PAIRS_LIMIT = 1000;

/** Compresses blocks in the order of calls. */
export class HeaderEncoder {
  readonly #deflate: Deflate = createDeflate({ dictionary: SPDY_DICTIONARY });

  encode(headers: Headers): Promise<Uint8Array> {
    return through(this.#deflate, plainBlock(headers));
  }

  close(): void {
    this.#deflate.destroy();
  }
}

/** Decompresses blocks in the order of calls; each call must wait for the one before. Rejects with SpdyError. */
export class HeaderDecoder {
  readonly #inflate: Inflate = createInflate({ dictionary: SPDY_DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });

  async decode(block: Uint8Array): Promise<Headers> {
    return parseBlock(Buffer.from(await through(this.#inflate, block)));
  }

  close(): void {
    this.#inflate.destroy();
  }
}

/** What comes out of a zlib stream for a piece that went in, up to where the sender flushed. */
function through(stream: Deflate | Inflate, input: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const done = (error?: Error): void => {
      stream.off('data', onData);
      stream.off('error', onError);
      if (error) reject(error);
      else resolve(Buffer.concat(pieces));
    };
    const onData = (piece: Buffer): void => {
      size += piece.length;
      pieces.push(piece);
      if (size > BLOCK_LIMIT) {
        done(new SpdyError('a header block is too large'));
        stream.destroy();
      }
    };
    const onError = (error: Error): void => done(new SpdyError('a header block cannot be read', { cause: error }));
    stream.on('data', onData);
    stream.on('error', onError);
    stream.write(input, () => stream.flush(constants.Z_SYNC_FLUSH, () => done()));
  });
}

function plainBlock(headers: Headers): Buffer {
  const pairs = Object.entries(headers);
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value);
    return Buffer.concat([wordOf(bytes.length), bytes]);
  };
  return Buffer.concat([wordOf(pairs.length), ...pairs.flatMap(([name, value]) => [text(name.toLowerCase()), text(value)])]);
}

function parseBlock(block: Buffer): Headers {
  let at = 0;
  const word = (): number => {
    if (block.length - at < 4) throw new SpdyError('a header block is too short');
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = word();
    if (block.length - at < length) throw new SpdyError('a header block is too short');
    at += length;
    return block.toString('utf8', at - length, at);
  };
  const count = word();
  if (count > PAIRS_LIMIT) throw new SpdyError(`${count} headers are too many`);
  const headers = new Map<string, string>();
  for (let i = 0; i < count; i++) headers.set(text().toLowerCase(), text());
  return Object.fromEntries(headers);
}

function wordOf(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
