// What the replicated state and the SQL sessions on top of it know of each other.

/** The replicated state: changed only by applied commands, the same way on every node. */
export interface StateMachine {
  /** Applies the committed command and returns its outcome; must be deterministic and must not throw for any bytes that `propose` accepted. */
  apply(command: Uint8Array): unknown;
  /** The whole state as bytes, and its replacement by such bytes. */
  snapshot(): Uint8Array;
  restore(snapshot: Uint8Array): void;
}

/** What a node's SQL sessions use. */
export interface Replica {
  /** Resolves with what `apply` returned on this node once the command is committed and applied here. Rejects with ReplicaUnavailableError (surely not
   * committed, e.g. no leader or quorum within the limit) or AmbiguousResultError (may or may not be committed). Works on every node (followers forward). */
  propose(command: Uint8Array, signal?: AbortSignal): Promise<unknown>;
  /** Resolves once everything that was committed anywhere before the call is applied here (read index); rejects with ReplicaUnavailableError without quorum. */
  readBarrier(signal?: AbortSignal): Promise<void>;
}

/** The node cannot reach enough of the others: nothing has happened. The message says which nodes do not answer, and for how long. */
export class ReplicaUnavailableError extends Error {
  override readonly name = 'ReplicaUnavailableError';
}

/** The command was handed on and its fate is not known: it may or may not be committed. */
export class AmbiguousResultError extends Error {
  override readonly name = 'AmbiguousResultError';
}
