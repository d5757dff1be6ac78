import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SPDY_DICTIONARY } from './dictionary.ts';
import { encodeFrame, type Frame, FrameReader, SpdyError } from './frames.ts';
import { HeaderDecoder, HeaderEncoder } from './header-block.ts';
import { SpdySession, type SpdyStream } from './session.ts';

const id = fc.integer({ min: 1, max: 0x7fff_ffff });
const bytes = fc.uint8Array({ maxLength: 200 });
const frame = fc.oneof(
  fc.record({ type: fc.constant('data' as const), id, fin: fc.boolean(), payload: bytes }),
  fc.record({
    type: fc.constantFrom('syn-stream' as const, 'syn-reply' as const, 'headers' as const),
    id,
    fin: fc.boolean(),
    block: bytes,
  }),
  fc.record({ type: fc.constant('reset' as const), id, status: fc.nat() }),
  fc.record({ type: fc.constant('ping' as const), id }),
  fc.record({ type: fc.constant('goaway' as const), lastId: id, status: fc.nat() }),
  fc.record({ type: fc.constant('window-update' as const), id, delta: id }),
);

function plain(value: Frame): object {
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, part instanceof Uint8Array ? [...part] : (part as unknown)]));
}

describe('the dictionary', () => {
  it('is the one of the protocol', () => {
    expect(SPDY_DICTIONARY).toHaveLength(1423);
    // The checksum of the dictionary follows the first two bytes of every stream that uses it.
    expect(deflateSync('x', { dictionary: SPDY_DICTIONARY }).subarray(2, 6).toString('hex')).toBe('e3c6a7c2');
  });
});

describe('frames', () => {
  it('are read as they were written, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 5 }), fc.integer({ min: 1, max: 40 }), (frames, step) => {
        const wire = Buffer.concat(frames.map(encodeFrame));
        const reader = new FrameReader();
        const read: Frame[] = [];
        for (let at = 0; at < wire.length; at += step) read.push(...reader.push(wire.subarray(at, at + step)));
        expect(read.map(plain)).toEqual(frames.map(plain));
      }),
    );
  });

  it('of anything else are refused, and nothing worse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (junk) => {
        try {
          new FrameReader().push(junk);
        } catch (error) {
          // oxlint-disable-next-line vitest/no-conditional-expect -- junk may be a frame
          expect(error).toBeInstanceOf(SpdyError);
        }
      }),
    );
  });
});

describe('header blocks', () => {
  it('keep their names and values, one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.dictionary(fc.stringMatching(/^[a-z-]{1,12}$/), fc.string()), { maxLength: 4 }), async (list) => {
        const [encoder, decoder] = [new HeaderEncoder(), new HeaderDecoder()];
        for (const headers of list) expect(await decoder.decode(await encoder.encode(headers))).toEqual({ ...headers });
        encoder.close();
        decoder.close();
      }),
      { numRuns: 30 },
    );
  });

  it('that unpack to too much, or to nothing sensible, are refused', async () => {
    const bomb = deflateSync(Buffer.alloc(10_000_000), { dictionary: SPDY_DICTIONARY });
    await expect(new HeaderDecoder().decode(bomb)).rejects.toThrow('too large');
    await expect(new HeaderDecoder().decode(Buffer.from('no zlib'))).rejects.toThrow(SpdyError);
    await expect(new HeaderDecoder().decode(deflateSync(Buffer.from([0, 0, 0, 9]), { dictionary: SPDY_DICTIONARY }))).rejects.toThrow(
      'too short',
    );
  });
});

describe('a session', () => {
  async function session(): Promise<{
    session: SpdySession;
    streams: SpdyStream[];
    written: () => readonly Frame[];
    ended: () => boolean;
  }> {
    const out: Uint8Array[] = [];
    let over = false;
    const streams: SpdyStream[] = [];
    const made = new SpdySession(
      { write: async (chunk) => void out.push(chunk), pause: () => undefined, resume: () => undefined, end: () => (over = true) },
      (stream) => streams.push(stream),
    );
    return { session: made, streams, written: () => new FrameReader().push(Buffer.concat(out)), ended: () => over };
  }
  const open = async (at: number, headers: Record<string, string>, encoder = new HeaderEncoder()): Promise<Uint8Array> =>
    encodeFrame({ type: 'syn-stream', id: at, fin: false, block: await encoder.encode(headers) });

  it('opens streams, carries data both ways and answers pings', async () => {
    const { session: made, streams, written } = await session();
    await made.receive(await open(1, { streamType: 'data', port: '80' }));
    await made.receive(encodeFrame({ type: 'data', id: 1, fin: true, payload: Buffer.from('hi') }));
    await made.receive(encodeFrame({ type: 'ping', id: 7 }));
    const [stream] = streams;
    expect(stream?.headers).toEqual({ streamtype: 'data', port: '80' });
    const read: Uint8Array[] = [];
    for await (const chunk of stream?.input ?? []) read.push(chunk);
    expect(Buffer.concat(read).toString()).toBe('hi');
    await stream?.write(Buffer.alloc(100_000));
    await stream?.end();
    const frames = written();
    expect(frames.map(({ type }) => type)).toEqual(['syn-reply', 'ping', 'data', 'data', 'data']);
    expect(frames.at(-1)).toMatchObject({ fin: true });
  });

  it('sends away whoever does not speak SPDY, and ends all streams', async () => {
    const { session: made, streams, written, ended } = await session();
    await made.receive(await open(1, {}));
    await made.receive(await open(1, {}));
    expect(written().at(-1)).toEqual({ type: 'goaway', lastId: 1, status: 1 });
    expect([ended(), streams[0]?.signal.aborted]).toEqual([true, true]);
  });

  it('lives through junk', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(bytes, frame.map(encodeFrame)), { maxLength: 5 }), async (pieces) => {
        const { session: made } = await session();
        for (const piece of pieces) await expect(made.receive(piece)).resolves.toBeUndefined();
        made.lost();
      }),
      { numRuns: 50 },
    );
  });
});
