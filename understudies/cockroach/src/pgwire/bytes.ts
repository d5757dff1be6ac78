// Fields of the protocol's messages, in both directions.

/** A text ends with a zero byte, so that it cannot hold one. */
export function cstring(text: string): Uint8Array {
  return Buffer.from(`${text.replaceAll('\0', '')}\0`);
}

export function int16(value: number): Uint8Array {
  const bytes = Buffer.alloc(2);
  // Counts up to 65,535 are read unsigned by clients.
  bytes.writeUInt16BE(value & 0xffff);
  return bytes;
}

export function int32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}
