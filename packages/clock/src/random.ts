// Randomness as a value that is passed in: seeded in tests and simulations, from the system in production.
import { randomBytes } from 'node:crypto';

/** A source of random numbers. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [0, bound). */
  int(bound: number): number;
  /** `count` random bytes. */
  bytes(count: number): Uint8Array;
}

/** The same seed gives the same sequence on every machine (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  return fromNext(next, (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)));
}

/** Randomness from the operating system. */
export function systemRandom(): Random {
  // Taken from the system in stretches: a call for each few bytes costs more than what they are for.
  let pool = Buffer.alloc(0);
  const take = (count: number): Buffer => {
    if (count > POOL_BYTES) return randomBytes(count);
    if (pool.length < count) pool = randomBytes(POOL_BYTES);
    const taken = pool.subarray(0, count);
    pool = pool.subarray(count);
    return taken;
  };
  return fromNext(
    () => take(4).readUInt32LE() / 0x1_0000_0000,
    (count) => Uint8Array.from(take(count)),
  );
}

const POOL_BYTES = 4096;

/** A version 4 UUID. */
export function uuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Characters of generated names, as k8s.io/apimachinery/pkg/util/rand has them: no vowels, no confusable digits. */
const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A suffix as `generateName` appends it (five characters by default). */
export function nameSuffix(random: Random, length = 5): string {
  return Array.from({ length }, () => NAME_ALPHABET[random.int(NAME_ALPHABET.length)]).join('');
}

function fromNext(next: () => number, bytes: (count: number) => Uint8Array): Random {
  return { next, int: (bound) => Math.floor(next() * bound), bytes };
}
