// The way between one component and the API, on which a simulation places its faults.
import { type Ending, endingWith, type Transport, type TransportRequest, type TransportResponse } from '@holdfast/client';
import { type Clock, sleep } from '@holdfast/clock';
import { StatusError, type StatusObject } from '@holdfast/schema';
import type { WatchFrame } from '@holdfast/schema';

/**
 * How one request fails: `refused` never reaches the server; `lostReply` does, and the caller does not learn of it;
 * `conflict` and `unavailable` are answers.
 */
export type RequestFault = 'refused' | 'lostReply' | 'conflict' | 'unavailable';

/** What a client waits before it gives up on a silent server (client-go: none for most calls; its connection's health check: 45 s). */
const SILENCE_MS = 45_000;

type Result = IteratorResult<WatchFrame>;

/** The state of the way. Faults act on requests that begin while they last, and on watches under way. */
export class Link {
  readonly #clock: Clock;
  #cut = false;
  #silent = false;
  #delayMs = 0;
  #faultFor: ((request: TransportRequest) => RequestFault | undefined) | undefined;
  /** What ends when the connection breaks. */
  readonly #watches = new Set<Ending>();
  /** Called when the way is no longer silent. */
  #resume: Set<() => void> = new Set();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Refuses requests and breaks watches, as when the server is down. */
  cut(): void {
    this.#cut = true;
    this.#break('connection refused (simulated)');
  }

  /** Neither side hears of the other and neither is told: requests hang, watches fall silent, until SILENCE_MS have passed. */
  partition(): void {
    this.#silent = true;
  }

  /** Each request and each event takes this much longer. */
  slow(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** Asked once for each request; undefined lets it through. */
  inject(faultFor: ((request: TransportRequest) => RequestFault | undefined) | undefined): void {
    this.#faultFor = faultFor;
  }

  /** Ends all faults. */
  mend(): void {
    this.#cut = false;
    this.#silent = false;
    this.#delayMs = 0;
    this.#faultFor = undefined;
    const waiting = [...this.#resume];
    this.#resume.clear();
    for (const resume of waiting) resume();
  }

  /** Breaks the connections that there are; new ones can be made. */
  reset(): void {
    this.#break('connection reset by peer (simulated)');
  }

  /** A transport over this way. */
  over(transport: Transport): Transport {
    return {
      request: (request) => this.#request(request, () => transport.request(request)),
      watch: (request) => this.#watch(request, transport),
      stream: (request) => this.#send(request, () => transport.stream(request)),
      exec: (request, streams) => this.#send(request, () => transport.exec(request, streams)),
    };
  }

  #request(request: TransportRequest, send: () => Promise<TransportResponse>): Promise<TransportResponse> {
    // Without faults nothing is put between the caller and the server.
    if (!this.#cut && !this.#silent && this.#delayMs === 0 && !this.#faultFor) return send();
    return this.#send(request, send).catch((error: unknown) => {
      if (error instanceof StatusError) return { status: error.code, object: error.status };
      throw error;
    });
  }

  async #send<T>(request: TransportRequest, send: () => Promise<T>): Promise<T> {
    request.signal?.throwIfAborted();
    if (this.#cut) throw new Error('connection refused (simulated)');
    if (this.#silent) await this.#silence(request.signal);
    if (this.#delayMs > 0) await sleep(this.#clock, this.#delayMs, request.signal);
    const fault = this.#faultFor?.(request);
    if (fault === 'refused') throw new Error('connection refused (simulated)');
    if (fault === 'conflict') throw new StatusError(CONFLICT);
    if (fault === 'unavailable') throw new StatusError(UNAVAILABLE);
    const answer = await send();
    if (fault === 'lostReply') throw new Error('connection reset before the reply (simulated)');
    // The answer finds the way closed that the request still found open.
    if (this.#silent) await this.#silence(request.signal);
    return answer;
  }

  /** Written out, not as a generator: with many watches most of what passes is bookmarks, and a generator costs each three more turns. */
  #watch(request: TransportRequest, transport: Transport): AsyncIterableIterator<WatchFrame> {
    let frames: AsyncIterator<WatchFrame> | undefined;
    let ending: Ending | undefined;
    let ended = false;
    const open = async (): Promise<AsyncIterator<WatchFrame>> => {
      request.signal?.throwIfAborted();
      if (this.#cut || this.#faultFor?.(request) !== undefined) throw new Error('connection refused (simulated)');
      if (this.#silent) await this.#silence(request.signal);
      ending = endingWith(request.signal);
      this.#watches.add(ending);
      return transport.watch({ ...request, signal: ending.signal })[Symbol.asyncIterator]();
    };
    const close = async (): Promise<void> => {
      ended = true;
      if (ending) {
        this.#watches.delete(ending);
        ending.release();
      }
      await frames?.return?.();
    };
    const failed = async (error: unknown): Promise<never> => {
      await close();
      throw error;
    };
    const arrived = (result: Result): Result | Promise<Result> => {
      if (ending?.signal.aborted) return failed(ending.signal.reason);
      return result.done ? close().then(() => result) : result;
    };
    const late = async (result: Result): Promise<Result> => {
      try {
        if (this.#silent) await this.#silence(request.signal);
        if (this.#delayMs > 0) await sleep(this.#clock, this.#delayMs, request.signal);
      } catch (error) {
        return failed(error);
      }
      return arrived(result);
    };
    const received = (result: Result): Result | Promise<Result> =>
      !result.done && (this.#silent || this.#delayMs > 0) ? late(result) : arrived(result);
    const first = async (): Promise<Result> => {
      frames = await open();
      return frames.next();
    };
    return {
      next: () => {
        if (ended) return Promise.resolve({ done: true, value: undefined });
        return (frames ? frames.next() : first()).then(received, failed);
      },
      return: async () => {
        await close();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Waits for the partition's end; after SILENCE_MS the connection is given up, as its health check would. */
  async #silence(signal: AbortSignal | undefined): Promise<void> {
    const ended = new AbortController();
    const resume = (): void => ended.abort();
    this.#resume.add(resume);
    try {
      await sleep(this.#clock, SILENCE_MS, signal ? AbortSignal.any([signal, ended.signal]) : ended.signal);
    } catch {
      signal?.throwIfAborted();
      return;
    } finally {
      this.#resume.delete(resume);
    }
    this.#break('http2: client connection lost (simulated)');
    throw new Error('http2: client connection lost (simulated)');
  }

  #break(reason: string): void {
    const broken = [...this.#watches];
    this.#watches.clear();
    for (const watch of broken) watch.abort(new Error(reason));
  }
}

const FAILURE = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' } as const;
const CONFLICT: StatusObject = { ...FAILURE, reason: 'Conflict', code: 409, message: 'the object has been modified (simulated)' };
const UNAVAILABLE: StatusObject = {
  ...FAILURE,
  reason: 'ServiceUnavailable',
  code: 503,
  message: 'the server is not available (simulated)',
};
