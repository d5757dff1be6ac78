// Pod addresses out of the node's range. An address that was given back is not handed out again until the others were.
import { isIPv4 } from 'node:net';

/** The first three parts of an IPv4 range of 256 addresses, which is what nodes use: '127.64.2' of '127.64.2.0/24'. Undefined for all else. */
export function podRangePrefix(cidr: string): string | undefined {
  const [, prefix] = /^([\d.]+)\.0\/24$/.exec(cidr) ?? [];
  return prefix !== undefined && isIPv4(`${prefix}.0`) ? prefix : undefined;
}

/** Addresses of one IPv4 /24: '.2' to '.254' of '127.64.2.0/24'. */
export class AddressPool {
  readonly #prefix: string;
  readonly #used = new Set<string>();
  #next = FIRST;

  /** Throws when `cidr` is not an IPv4 range of 256 addresses, which is what labs and their nodes use. */
  constructor(cidr: string) {
    const prefix = podRangePrefix(cidr);
    if (prefix === undefined) throw new Error(`podCidr ${cidr}: must be an IPv4 range that ends in .0/24`);
    this.#prefix = prefix;
  }

  /** A free address, or undefined when all are taken. */
  take(): string | undefined {
    for (let tried = 0; tried <= LAST - FIRST; tried++) {
      const address = `${this.#prefix}.${this.#next}`;
      this.#next = this.#next === LAST ? FIRST : this.#next + 1;
      if (!this.#used.has(address)) {
        this.#used.add(address);
        return address;
      }
    }
    return undefined;
  }

  give(address: string): void {
    this.#used.delete(address);
  }
}

const FIRST = 2;
const LAST = 254;
