// Pod addresses out of the node's range. An address that was given back is not handed out again until the others were.

/** Addresses of one IPv4 /24: '.2' to '.254' of '127.64.2.0/24'. */
export class AddressPool {
  readonly #prefix: string;
  readonly #used = new Set<string>();
  #next = FIRST;

  /** Throws when `cidr` is not an IPv4 range of 256 addresses, which is what labs and their nodes use. */
  constructor(cidr: string) {
    const match = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.0\/24$/.exec(cidr);
    if (!match?.[1]) throw new Error(`podCidr ${cidr}: must be an IPv4 range that ends in .0/24`);
    this.#prefix = match[1];
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
