// A disk in memory that loses power: what was not finished is left in part.
import type { Random } from '@holdfast/clock';
import type { Disk } from './disk.ts';

/** Thrown by every call after the power went. */
export class PowerLoss extends Error {}

export class MemoryDisk implements Disk {
  readonly files = new Map<string, Uint8Array>();
  readonly #random: Random;
  /** Calls that still succeed; the one after is cut off in its middle. */
  callsLeft = Number.POSITIVE_INFINITY;

  constructor(random: Random) {
    this.#random = random;
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    return this.files.get(name);
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    if (this.#cut() && this.#random.next() < 0.5) throw new PowerLoss();
    this.files.set(name, Buffer.from(bytes));
    if (this.callsLeft < 0) throw new PowerLoss();
  }

  async append(name: string, bytes: Uint8Array): Promise<void> {
    const before = this.files.get(name) ?? new Uint8Array();
    if (!this.#cut()) {
      this.files.set(name, Buffer.concat([before, bytes]));
      return;
    }
    // Sectors reach the disk in any order: some bytes of the part that the file grew by may be zero.
    const part = Buffer.from(bytes.subarray(0, this.#random.int(bytes.length + 1)));
    if (part.length > 0 && this.#random.next() < 0.3) part.fill(0, 0, this.#random.int(part.length));
    this.files.set(name, Buffer.concat([before, part]));
    throw new PowerLoss();
  }

  async truncate(name: string, length: number): Promise<void> {
    if (this.#cut()) throw new PowerLoss();
    this.files.set(name, (this.files.get(name) ?? new Uint8Array()).subarray(0, length));
  }

  #cut(): boolean {
    this.callsLeft--;
    if (this.callsLeft < -1) throw new PowerLoss();
    return this.callsLeft < 0;
  }
}
