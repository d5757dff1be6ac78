// How a record lies in a file and travels between nodes: length, checksum, a JSON head, and the bytes that the head speaks of.
import { crc32 } from 'node:zlib';

/** Bytes before a record's body: its length and its checksum, both 32 bits, big-endian. */
export const RECORD_PREFIX = 8;
/** No record is longer. */
export const MAX_RECORD = 1 << 30;

export interface RecordContent {
  readonly head: unknown;
  readonly blobs: readonly Uint8Array[];
}

/** A record cannot be read: what is there is not what was written. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
}

export function encodeRecord({ head, blobs }: RecordContent): Uint8Array {
  const json = Buffer.from(JSON.stringify({ head, lengths: blobs.map((blob) => blob.length) }));
  const body = Buffer.concat([uint32(json.length), json, ...blobs]);
  if (body.length > MAX_RECORD) throw new RecordError(`a record of ${body.length} bytes is longer than ${MAX_RECORD} bytes`);
  return Buffer.concat([uint32(body.length), uint32(crc32(body)), body]);
}

/** The length of the record's body, as its prefix states it. */
export function bodyLength(prefix: Uint8Array): number {
  const length = view(prefix).readUInt32BE(0);
  if (length > MAX_RECORD) throw new RecordError(`a record claims ${length} bytes, more than ${MAX_RECORD}`);
  return length;
}

/** Reads a whole record, prefix and body. Throws RecordError. */
export function decodeRecord(record: Uint8Array): RecordContent {
  const bytes = view(record);
  const body = bytes.subarray(RECORD_PREFIX);
  if (bytes.length < RECORD_PREFIX + 4 || body.length !== bodyLength(bytes)) throw new RecordError('a record is cut short');
  if (crc32(body) !== bytes.readUInt32BE(4)) throw new RecordError('the checksum of a record does not match its content');
  const headEnd = 4 + body.readUInt32BE(0);
  if (headEnd > body.length) throw new RecordError('the head of a record is longer than the record');
  const { head, lengths } = parseHead(body.subarray(4, headEnd));
  const blobs: Uint8Array[] = [];
  let offset = headEnd;
  for (const length of lengths) {
    blobs.push(body.subarray(offset, offset + length));
    offset += length;
  }
  if (offset !== body.length) throw new RecordError('the parts of a record are not as long as its head says');
  return { head, blobs };
}

/** The records of a file in order, with the place where each begins. What a crash left half-written at the end is not one of them. */
export function* readRecords(file: Uint8Array): Generator<RecordContent & { readonly end: number }> {
  let offset = 0;
  while (offset + RECORD_PREFIX <= file.length) {
    const end = offset + RECORD_PREFIX + view(file).readUInt32BE(offset);
    let content: RecordContent;
    try {
      content = decodeRecord(file.subarray(offset, end));
    } catch (error) {
      // Each record is on disk before the next is begun: a broken one that has a successor was whole once.
      if (error instanceof RecordError && !holdsRecord(file, offset + 1)) return;
      throw new RecordError(`at byte ${offset}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    yield { ...content, end };
    offset = end;
  }
}

/** Whether a whole record begins anywhere from `offset` on. */
function holdsRecord(file: Uint8Array, offset: number): boolean {
  for (let start = offset; start + RECORD_PREFIX + 4 < file.length; start++) {
    const length = view(file).readUInt32BE(start);
    const end = start + RECORD_PREFIX + length;
    if (length > 4 && end <= file.length && crc32(file.subarray(start + RECORD_PREFIX, end)) === view(file).readUInt32BE(start + 4))
      return true;
  }
  return false;
}

function parseHead(json: Uint8Array): { readonly head: unknown; readonly lengths: readonly number[] } {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(json).toString());
  } catch (error) {
    throw new RecordError('the head of a record is not JSON', { cause: error });
  }
  if (typeof value === 'object' && value !== null && 'head' in value && 'lengths' in value) {
    const { head, lengths } = value;
    if (Array.isArray(lengths) && lengths.every((length) => Number.isSafeInteger(length) && length >= 0)) return { head, lengths };
  }
  throw new RecordError('the head of a record has not its shape');
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
