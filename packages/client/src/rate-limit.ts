// client-go's flow control: how many requests a program sends at the most, so that one that runs wild does not bury the server.
import { type Clock, sleep } from '@holdfast/clock';
import type { Transport, TransportRequest } from './client.ts';

/** Upstream's `--kube-api-qps` and `--kube-api-burst`. */
export interface RateLimit {
  /** Requests a second that may be sent for ever. */
  readonly qps: number;
  /** Requests that may be sent at once after a rest. */
  readonly burst: number;
}

/** A token bucket, as golang.org/x/time/rate: who comes when it is empty waits for the token of his place in the line. */
export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #clock: Clock;
  /** Below zero: so many wait. */
  #tokens: number;
  #filledAtMs: number;

  constructor(limit: RateLimit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
    this.#tokens = limit.burst;
    this.#filledAtMs = clock.now();
  }

  /** Takes a token; undefined: go at once. Rejects with the signal's reason, and gives the token back, when it aborts first. */
  take(signal?: AbortSignal): Promise<void> | undefined {
    const { qps, burst } = this.#limit;
    const nowMs = this.#clock.now();
    // A wall clock may be set back.
    const passedMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#tokens = Math.min(burst, this.#tokens + (passedMs * qps) / 1000) - 1;
    this.#filledAtMs = nowMs;
    if (this.#tokens >= 0) return undefined;
    return sleep(this.#clock, Math.ceil((-this.#tokens * 1000) / qps), signal).catch((error: unknown) => {
      this.#tokens++;
      throw error;
    });
  }
}

export interface RateLimitedOptions {
  /** Which limiter a request waits for; undefined: none. */
  readonly limiterOf: (request: TransportRequest) => RateLimiter | undefined;
  /** Told of each request that has to wait. */
  readonly onWait?: (request: TransportRequest) => void;
}

/** One limit for all of a client's requests; undefined: none, as upstream's `--kube-api-qps=-1`. */
export function underLimit(
  transport: Transport,
  limit: RateLimit | undefined,
  clock: Clock,
  onWait?: RateLimitedOptions['onWait'],
): Transport {
  if (!limit) return transport;
  const limiter = new RateLimiter(limit, clock);
  return rateLimited(transport, { limiterOf: () => limiter, ...(onWait ? { onWait } : {}) });
}

/** Holds requests until their limiter lets them go. Watches and execs are not held, as in client-go. */
export function rateLimited(transport: Transport, { limiterOf, onWait }: RateLimitedOptions): Transport {
  // A request that need not wait goes on in the same turn.
  function held<T>(request: TransportRequest, send: () => Promise<T>): Promise<T> {
    const turn = limiterOf(request)?.take(request.signal);
    if (!turn) return send();
    onWait?.(request);
    return turn.then(send);
  }

  return {
    request: (request) => held(request, () => transport.request(request)),
    watch: (request) => transport.watch(request),
    stream: (request) => held(request, () => transport.stream(request)),
    exec: (request, streams) => transport.exec(request, streams),
  };
}
