// Turns entries of a CRI log ('<time> <stream> <F|P> <text>') into what a client of the log asked for.
import type { LogOptions } from '@holdfast/schema';

const NEWLINE = 0x0a;
const SPACE = 0x20;

/** Takes bytes of a log file in order and gives out the bytes to send. */
export class LogLineFilter {
  /** True once the byte limit is reached. */
  done = false;
  readonly #timestamps: boolean;
  readonly #sinceMs: number;
  #left: number;
  #rest: Buffer = Buffer.alloc(0);
  #inLine = false;

  constructor(options: LogOptions, nowMs: number) {
    this.#timestamps = options.timestamps ?? false;
    this.#left = options.limitBytes ?? Number.POSITIVE_INFINITY;
    const sinceTime = options.sinceTime === undefined ? Number.NEGATIVE_INFINITY : Date.parse(options.sinceTime);
    this.#sinceMs = options.sinceSeconds === undefined ? sinceTime : nowMs - options.sinceSeconds * 1000;
  }

  push(bytes: Uint8Array): Uint8Array {
    let buffer: Buffer = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : Buffer.from(bytes);
    const out: Buffer[] = [];
    for (let end = buffer.indexOf(NEWLINE); end >= 0; end = buffer.indexOf(NEWLINE)) {
      this.#line(buffer.subarray(0, end), out);
      buffer = buffer.subarray(end + 1);
    }
    this.#rest = buffer;
    return this.#limit(Buffer.concat(out));
  }

  #line(line: Buffer, out: Buffer[]): void {
    const timeEnd = line.indexOf(SPACE);
    const streamEnd = line.indexOf(SPACE, timeEnd + 1);
    const tagEnd = line.indexOf(SPACE, streamEnd + 1);
    if (timeEnd < 0 || streamEnd < 0 || tagEnd < 0) return;
    const time = line.toString('latin1', 0, timeEnd);
    if (Date.parse(time) < this.#sinceMs) return;
    const whole = line.toString('latin1', streamEnd + 1, tagEnd) === 'F';
    if (this.#timestamps && !this.#inLine) out.push(Buffer.from(`${time} `));
    out.push(line.subarray(tagEnd + 1));
    if (whole) out.push(Buffer.from('\n'));
    this.#inLine = !whole;
  }

  #limit(out: Buffer): Uint8Array {
    if (out.length >= this.#left) {
      this.done = true;
      return out.subarray(0, this.#left);
    }
    this.#left -= out.length;
    return out;
  }
}
