// A failure as the API reports it: the Status object, thrown.

/** One cause of a failure, for a field or for the whole request. */
export interface StatusCause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

/** metav1.Status as the server writes it. */
export interface StatusObject {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: { readonly continue?: string };
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly uid?: string;
    readonly causes?: readonly StatusCause[];
    readonly retryAfterSeconds?: number;
  };
  readonly code?: number;
}

/** Thrown by the server's handlers and by every client call that the server refuses. */
export class StatusError extends Error {
  readonly status: StatusObject;

  constructor(status: StatusObject, options?: ErrorOptions) {
    super(status.message ?? status.reason ?? 'unknown error', options);
    this.name = 'StatusError';
    this.status = status;
  }

  get code(): number {
    return this.status.code ?? 500;
  }

  get reason(): string {
    return this.status.reason ?? '';
  }
}

/** Whether `error` is a StatusError with this reason ('NotFound', 'Conflict', 'AlreadyExists', 'Expired', …). */
export function hasReason(error: unknown, reason: string): error is StatusError {
  return error instanceof StatusError && error.reason === reason;
}

export const isNotFound = (error: unknown): error is StatusError => hasReason(error, 'NotFound');
export const isConflict = (error: unknown): error is StatusError => hasReason(error, 'Conflict');
export const isAlreadyExists = (error: unknown): error is StatusError => hasReason(error, 'AlreadyExists');
/** The server no longer has the revision asked for: list again. */
export const isExpired = (error: unknown): error is StatusError => error instanceof StatusError && error.code === 410;

/** For `.catch`: an object that is gone already is as good as one that goes now, and one that is not there reads as undefined. Throws all other errors again. */
export function ignoreNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
  return undefined;
}

/** Whether a creation was refused because its namespace is on its way out: trying again cannot help. */
export function isNamespaceTerminating(error: unknown): boolean {
  return hasReason(error, 'Forbidden') && (error.status.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') ?? false);
}
