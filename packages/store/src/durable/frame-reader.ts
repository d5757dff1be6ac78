// Reads the frames of a file one after the other, in large steps, and tells a torn end from damage in the middle.
import type { OpenFile } from './file-system.ts';
import { bodyLength, decodeFrame, FRAME_HEADER, MAGIC_BYTES, type StoredRecord } from './record.ts';

const STEP = 1024 * 1024;
/** The salt of a file's header frame, which says the salt of the others. */
const HEADER_SALT = 0;

/** What a file's header record says. */
export interface FileHeader {
  readonly kind: 'log' | 'snapshot';
  /** A log: the first revision that may follow. A snapshot: the revision that it shows. */
  readonly revision: number;
  readonly salt: number;
}

/** The header as the first record of a file. */
export function headerRecord({ kind, revision, salt }: FileHeader): StoredRecord {
  const value = Buffer.alloc(4);
  value.writeUInt32LE(salt);
  return { type: 'header', key: kind, modRevision: revision, createRevision: 0, value };
}

/** How reading ended: at the end of the file, or at `offset` with something that is no frame. */
export type FileEnd = 'whole' | { readonly broken: number };

/** One file's frames, in order. */
export class FrameReader {
  readonly #file: OpenFile;
  #window: Uint8Array = new Uint8Array(0);
  /** Where the window starts in the file. */
  #from = 0;
  /** Where the next frame starts in the file. */
  #at = 0;
  #salt = HEADER_SALT;
  #last: Uint8Array = new Uint8Array(0);

  constructor(file: OpenFile) {
    this.#file = file;
  }

  /** The end of the last frame that was read. */
  get offset(): number {
    return this.#at;
  }

  /** The bytes of the last frame that was read. */
  get lastFrame(): Uint8Array {
    return this.#last;
  }

  /** The header, or undefined when the file has none that is whole. */
  async header(): Promise<FileHeader | undefined> {
    const records = await this.next();
    const [record] = records === 'end' || records === 'broken' ? [] : records;
    if (!record || record.type !== 'header' || (record.key !== 'log' && record.key !== 'snapshot')) return undefined;
    this.#salt = Buffer.from(record.value).readUInt32LE(0);
    return { kind: record.key, revision: record.modRevision, salt: this.#salt };
  }

  /** The records of the next frame; 'end' at the end of the file, 'broken' where there is something that is no whole frame. */
  async next(): Promise<readonly StoredRecord[] | 'end' | 'broken'> {
    const header = await this.#bytes(this.#at, FRAME_HEADER);
    if (header.length === 0) return 'end';
    const length = bodyLength(header, this.#salt);
    if (length === undefined) return 'broken';
    const frame = await this.#bytes(this.#at, FRAME_HEADER + length);
    const records = decodeFrame(frame, this.#salt);
    if (!records) return 'broken';
    this.#at += frame.length;
    this.#last = frame;
    return records;
  }

  /** Whether a whole frame stands anywhere behind the broken one: then this is damage, and no append that a crash cut short. */
  async frameBehind(): Promise<boolean> {
    const announced = bodyLength(await this.#bytes(this.#at, FRAME_HEADER), this.#salt);
    let at = announced === undefined ? this.#at + 1 : this.#at + FRAME_HEADER + announced;
    for (;;) {
      const bytes = await this.#file.read(at, STEP);
      if (bytes.length < FRAME_HEADER) return false;
      const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(MAGIC_BYTES);
      if (found < 0) {
        at += bytes.length - MAGIC_BYTES.length + 1;
        continue;
      }
      const length = bodyLength(await this.#file.read(at + found, FRAME_HEADER), this.#salt);
      if (length !== undefined && decodeFrame(await this.#file.read(at + found, FRAME_HEADER + length), this.#salt)) return true;
      at += found + 1;
    }
  }

  /** Up to `length` bytes at `position`, from the window where they are in it. */
  async #bytes(position: number, length: number): Promise<Uint8Array> {
    if (position + length > this.#from + this.#window.length) {
      this.#window = await this.#file.read(position, Math.max(length, STEP));
      this.#from = position;
    }
    return this.#window.subarray(position - this.#from, position - this.#from + length);
  }
}
