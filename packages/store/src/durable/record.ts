// Records, and the frames that carry them: how a store's files look inside.
//
// A file is a sequence of frames. The first holds one `header` record; each other holds the records of one append (a log) or a
// stretch of entries (a snapshot). Numbers are little-endian.
//
//   frame   u32 magic · u32 body length · u32 checksum of the body · u32 checksum of the 12 bytes before · body
//   record  u8 type · u8 0 · u16 key length · u32 value length · f64 modRevision · f64 createRevision · key (UTF-8) · value
//
// Checksums are CRC-32 started with the file's salt, so that what another file, or a value, holds is never taken for a frame.
import { crc32 } from 'node:zlib';

export const FRAME_HEADER = 16;
const RECORD_HEADER = 24;
const MAGIC = 0x31464648;
/** The magic as it stands in a file: 'HFF1'. */
export const MAGIC_BYTES = Buffer.from('HFF1', 'latin1');

const TYPES = ['header', 'put', 'delete', 'end'] as const;
export type RecordType = (typeof TYPES)[number];

/** One change of a log, one entry of a snapshot, or a mark at the beginning or the end of a file. */
export interface StoredRecord {
  readonly type: RecordType;
  readonly key: string;
  readonly modRevision: number;
  readonly createRevision: number;
  readonly value: Uint8Array;
}

/** The bytes of a frame. */
export function encodeFrame(records: readonly StoredRecord[], salt: number): Uint8Array {
  let length = 0;
  for (const record of records) length += RECORD_HEADER + Buffer.byteLength(record.key) + record.value.length;
  const frame = Buffer.allocUnsafe(FRAME_HEADER + length);
  let at = FRAME_HEADER;
  for (const { type, key, modRevision, createRevision, value } of records) {
    const keyLength = frame.write(key, at + RECORD_HEADER);
    frame.writeUInt16LE(TYPES.indexOf(type), at);
    frame.writeUInt16LE(keyLength, at + 2);
    frame.writeUInt32LE(value.length, at + 4);
    frame.writeDoubleLE(modRevision, at + 8);
    frame.writeDoubleLE(createRevision, at + 16);
    at += RECORD_HEADER + keyLength;
    frame.set(value, at);
    at += value.length;
  }
  frame.writeUInt32LE(MAGIC, 0);
  frame.writeUInt32LE(length, 4);
  frame.writeUInt32LE(crc32(frame.subarray(FRAME_HEADER), salt), 8);
  frame.writeUInt32LE(crc32(frame.subarray(0, 12), salt), 12);
  return frame;
}

/** The length of the body that a frame's header announces; undefined when these 16 bytes are no header of this file. */
export function bodyLength(header: Uint8Array, salt: number): number | undefined {
  if (header.length < FRAME_HEADER) return undefined;
  const view = asBuffer(header);
  if (view.readUInt32LE(0) !== MAGIC || view.readUInt32LE(12) !== crc32(view.subarray(0, 12), salt)) return undefined;
  return view.readUInt32LE(4);
}

/** The records of a whole frame; undefined when its body is not what was written. Values are views of the frame. */
export function decodeFrame(frame: Uint8Array, salt: number): readonly StoredRecord[] | undefined {
  const view = asBuffer(frame);
  if (bodyLength(view, salt) !== view.length - FRAME_HEADER) return undefined;
  if (view.readUInt32LE(8) !== crc32(view.subarray(FRAME_HEADER), salt)) return undefined;
  const records: StoredRecord[] = [];
  for (let at = FRAME_HEADER; at < view.length; ) {
    const keyLength = view.readUInt16LE(at + 2);
    const valueLength = view.readUInt32LE(at + 4);
    const keyAt = at + RECORD_HEADER;
    const valueAt = keyAt + keyLength;
    records.push({
      type: TYPES[view.readUInt16LE(at)] ?? 'end',
      key: view.toString('utf8', keyAt, valueAt),
      modRevision: view.readDoubleLE(at + 8),
      createRevision: view.readDoubleLE(at + 16),
      value: view.subarray(valueAt, valueAt + valueLength),
    });
    at = valueAt + valueLength;
  }
  return records;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
