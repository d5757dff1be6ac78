// A map in key order whose cost of a write does not grow with its size: keys in chunks, values in a hash map.

/** Chunks split beyond this many keys; small enough that inserting into one is a short memory move. */
const CHUNK = 512;

/** Keys in ascending order of their code units. */
export class SortedMap<V> {
  readonly #values = new Map<string, V>();
  /** Each chunk is sorted, none is empty (but for the only chunk of an empty map), and chunks are in order. */
  readonly #chunks: string[][] = [[]];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) this.#insert(key);
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    if (!this.#values.delete(key)) return false;
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at]!;
    chunk.splice(lowerBound(chunk, key), 1);
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.splice(at, 1);
    return true;
  }

  /** Keys that are at least `from`, ascending; stop reading when enough is read. Must not be changed meanwhile. */
  *keysFrom(from: string): Generator<string> {
    for (let c = this.#chunkOf(from); c < this.#chunks.length; c++) {
      const chunk = this.#chunks[c]!;
      const first = chunk[0];
      for (let i = first !== undefined && first >= from ? 0 : lowerBound(chunk, from); i < chunk.length; i++) yield chunk[i]!;
    }
  }

  /** How many keys are at least `from` and less than `to`. Steps over whole chunks. */
  countBetween(from: string, to: string | undefined): number {
    const start = this.#chunkOf(from);
    const end = to === undefined ? this.#chunks.length - 1 : this.#chunkOf(to);
    let count = -lowerBound(this.#chunks[start]!, from);
    for (let c = start; c < end; c++) count += this.#chunks[c]!.length;
    const last = this.#chunks[end]!;
    return Math.max(0, count + (to === undefined ? last.length : lowerBound(last, to)));
  }

  #insert(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at]!;
    chunk.splice(lowerBound(chunk, key), 0, key);
    if (chunk.length > CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK >> 1));
  }

  /** The last chunk that starts at or before the key, or the first. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#chunks[middle]![0]! <= key) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** Index of the first key that is not less than `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The least text that is greater than every text with the prefix; undefined when there is none. */
export function prefixEnd(prefix: string): string | undefined {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const code = prefix.charCodeAt(i);
    if (code < 0xffff) return prefix.slice(0, i) + String.fromCharCode(code + 1);
  }
  return undefined;
}
