// Reading the protobuf wire format.

/** Bytes that are not protobuf, or end too early. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Kind of a value on the wire. */
export type WireType = 0 | 1 | 2 | 5;

/** A position in a message. */
export class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    this.#end = bytes.byteLength;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** The next field's number and kind. */
  tag(): { readonly field: number; readonly wire: WireType } {
    const tag = this.varint();
    const wire = tag % 8;
    if (wire !== 0 && wire !== 1 && wire !== 2 && wire !== 5) throw new WireError(`wire type ${wire} is not supported`);
    if (tag < 8) throw new WireError('field number 0');
    return { field: Math.floor(tag / 8), wire };
  }

  /** A signed 64-bit integer; beyond 2^53 it loses precision, as JSON numbers do. */
  varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= (bits & 0x0f) << 28;
        high |= bits >> 4;
      } else if (shift < 64) high |= bits << (shift - 32);
      if (byte < 0x80) return (high | 0) * 0x1_0000_0000 + (low >>> 0);
    }
    throw new WireError('varint is too long');
  }

  /** As varint, exact. */
  bigVarint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new WireError('varint is too long');
  }

  double(): number {
    const at = this.#advance(8);
    return this.#bytes.readDoubleLE(at);
  }

  /** A length-delimited value. */
  bytes(): Buffer {
    const length = this.varint();
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  text(): string {
    const length = this.varint();
    const at = this.#advance(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  skip(wire: WireType): void {
    switch (wire) {
      case 0:
        this.varint();
        break;
      case 1:
        this.#advance(8);
        break;
      case 2:
        this.#advance(this.varint());
        break;
      case 5:
        this.#advance(4);
        break;
    }
  }

  /** Steps over `length` bytes and returns where they began. */
  #advance(length: number): number {
    const at = this.#at;
    if (length < 0 || at + length > this.#end) throw new WireError('unexpected EOF');
    this.#at = at + length;
    return at;
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new WireError('unexpected EOF');
    return this.#bytes[this.#at++]!;
  }
}
