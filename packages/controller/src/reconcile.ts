// The contract of a controller: vocabulary only.
import type { Clock } from '@holdfast/clock';
import type { Logger } from './logger.ts';

/** Which object to look at. Never says what happened to it: a reconciler is level-based. */
export interface Request {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** When to look again without an event. Ignored when reconcile rejects. */
export interface Result {
  readonly requeueAfterMs?: number;
}

/** What one pass is given. */
export interface ReconcileContext {
  /** Aborted when the manager stops. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Brings the world one step closer to what the object asks for. A rejection is retried with exponential back-off
 * (5 ms to 1000 s per key), a TerminalError is logged and counted only.
 */
export interface Reconciler<R = Request> {
  reconcile(request: R, context: ReconcileContext): Promise<Result | void>;
}

/** A failure that trying again cannot mend. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}
