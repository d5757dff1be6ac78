// One stored object: its value and its bytes, each made from the other when first asked for.
import type { StoreEntry } from './store.ts';

/** Turns values into bytes and back. */
export interface ValueCodec<V> {
  readonly encode: (value: V) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => V;
}

/** Values that are JSON. */
export function jsonCodec<V>(): ValueCodec<V> {
  return { encode: (value) => Buffer.from(JSON.stringify(value)), decode: (bytes) => JSON.parse(asText(bytes)) as V };
}

/** Where an entry stands in the order of writes. */
export interface EntryPlace {
  readonly key: string;
  readonly modRevision: number;
  readonly createRevision: number;
}

/** What an entry counts for that nobody has encoded. */
const UNKNOWN_SIZE = 1024;

/** An entry whose value or whose bytes are given; the other half costs nothing until it is needed. */
export class Entry<V> implements StoreEntry<V> {
  readonly key: string;
  readonly modRevision: number;
  readonly createRevision: number;
  readonly #codec: ValueCodec<V>;
  #value: V | undefined;
  #bytes: Uint8Array | undefined;

  constructor(place: EntryPlace, codec: ValueCodec<V>, content: { readonly value?: V; readonly bytes?: Uint8Array }) {
    this.key = place.key;
    this.modRevision = place.modRevision;
    this.createRevision = place.createRevision;
    this.#codec = codec;
    this.#value = content.value;
    this.#bytes = content.bytes;
  }

  get value(): V {
    return (this.#value ??= this.#codec.decode(this.#bytes!));
  }

  get size(): number {
    return this.#bytes?.length ?? UNKNOWN_SIZE;
  }

  encoded(): Uint8Array {
    return (this.#bytes ??= this.#codec.encode(this.#value!));
  }
}

function asText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
