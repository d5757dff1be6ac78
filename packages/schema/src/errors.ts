// The catalogue of API failures: every StatusError is made here, with upstream's codes, reasons and words.
import { fieldErrorCause, fieldErrorMessage } from './field-error.ts';
import type { FieldError } from './field-error.ts';
import type { StatusCause, StatusObject } from './status-error.ts';
import { StatusError } from './status-error.ts';

/** Group and plural name of a resource, as messages name it. */
export interface ResourceId {
  readonly group: string;
  readonly resource: string;
}

/** 'pods' for the core group, 'statefulsets.apps' otherwise. */
export function qualifiedResource(type: ResourceId): string {
  return type.group === '' ? type.resource : `${type.resource}.${type.group}`;
}

/** 404 for one object: 'pods "web-0" not found'. */
export function notFound(type: ResourceId, name: string): StatusError {
  return failure(404, 'NotFound', `${qualifiedResource(type)} ${quote(name)} not found`, detailsOf(type, name));
}

/** 404 for a path that the server does not know. */
export function genericNotFound(): StatusError {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** 409: 'namespaces "default" already exists'. */
export function alreadyExists(type: ResourceId, name: string): StatusError {
  return failure(409, 'AlreadyExists', `${qualifiedResource(type)} ${quote(name)} already exists`, detailsOf(type, name));
}

/** 409 for a generated name that stayed taken after all retries. */
export function generateNameConflict(type: ResourceId, name: string): StatusError {
  const message = `${qualifiedResource(type)} ${quote(name)} already exists, the server was not able to generate a unique name for the object`;
  return failure(409, 'AlreadyExists', message, { ...detailsOf(type, name), retryAfterSeconds: 1 });
}

/** What a stale resourceVersion is told; the `error` of `conflict`. */
export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

/** 409: 'Operation cannot be fulfilled on pods "web-0": …'. */
export function conflict(type: ResourceId, name: string, error: string = MODIFIED, causes?: readonly StatusCause[]): StatusError {
  const message = `Operation cannot be fulfilled on ${qualifiedResource(type)} ${quote(name)}: ${error}`;
  return failure(409, 'Conflict', message, { ...detailsOf(type, name), ...(causes ? { causes } : {}) });
}

/** 409 of a server-side apply: 'Apply failed with 1 conflict: conflict with "a": .data.x'. */
export function applyConflict(causes: readonly StatusCause[], message: string): StatusError {
  return failure(409, 'Conflict', message, { causes });
}

/** 400 with this message. */
export function badRequest(message: string, options?: ErrorOptions): StatusError {
  return failure(400, 'BadRequest', message, undefined, options);
}

/** 400 of a strict request with unknown or duplicate fields; paths as decodeTyped and parseJson return them. */
export function strictDecodingError(
  kind: string,
  version: string,
  unknownFields: readonly string[],
  duplicates: readonly string[] = [],
): StatusError {
  return badRequest(
    `${kind} in version ${quote(version)} cannot be handled as a ${kind}: strict decoding error: ${strictProblems(unknownFields, duplicates).join(', ')}`,
  );
}

/** 'unknown field "spec.x"', 'duplicate field "metadata.name"': also the texts of the warnings of a non-strict request. */
export function strictProblems(unknownFields: readonly string[], duplicates: readonly string[] = []): readonly string[] {
  return [...duplicates.map((f) => `duplicate field ${quote(f)}`), ...unknownFields.map((f) => `unknown field ${quote(f)}`)];
}

/** 401. */
export function unauthorized(message = 'Unauthorized'): StatusError {
  return failure(401, 'Unauthorized', message);
}

/** 403: 'pods "web-0" is forbidden: …', without the name for a whole collection. */
export function forbidden(type: ResourceId, name: string, message: string, causes?: readonly StatusCause[]): StatusError {
  const subject = type.resource === '' ? 'forbidden' : `${qualifiedResource(type)}${name === '' ? '' : ` ${quote(name)}`} is forbidden`;
  return failure(403, 'Forbidden', `${subject}: ${message}`, { ...detailsOf(type, name), ...(causes ? { causes } : {}) });
}

/** 405: 'create is not supported on resources of kind "componentstatuses"'. */
export function methodNotSupported(type: ResourceId, verb: string): StatusError {
  const message = `${verb} is not supported on resources of kind ${quote(qualifiedResource(type))}`;
  return failure(405, 'MethodNotAllowed', message, detailsOf(type, ''));
}

/** 406; `accepted` media types are listed. */
export function notAcceptable(accepted: readonly string[]): StatusError {
  return failure(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`);
}

/** 415; `accepted` media types are listed. */
export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return failure(415, 'UnsupportedMediaType', message);
}

/** 410: the revision or continue token is too old. */
export function expired(message: string): StatusError {
  return failure(410, 'Expired', message);
}

/** 413. */
export function requestEntityTooLarge(message: string): StatusError {
  return failure(413, 'RequestEntityTooLarge', `Request entity too large: ${message}`);
}

/** 422 for an object: 'Pod "A_" is invalid: [spec.x: Invalid value: …, spec.containers: Required value]'. */
export function invalid(type: { readonly group: string; readonly kind: string }, name: string, errors: readonly FieldError[]): StatusError {
  const causes = errors.map(fieldErrorCause);
  const messages = [...new Set(errors.map(fieldErrorMessage))];
  const list = messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`;
  const qualified = type.group === '' ? type.kind : `${type.kind}.${type.group}`;
  const details = {
    ...(name ? { name } : {}),
    ...(type.group ? { group: type.group } : {}),
    kind: type.kind,
    ...(causes.length > 0 ? { causes } : {}),
  };
  return failure(422, 'Invalid', `${qualified} ${quote(name)} is invalid: ${list}`, details);
}

/** 422 of a JSON patch that does not apply. `cause` is kept for logs and not sent. */
export function unprocessable(options?: ErrorOptions): StatusError {
  return failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {}, options);
}

/** 429. Without `retryAfterSeconds` no Retry-After header is to be sent, so that clients see the refusal. */
export function tooManyRequests(
  message: string,
  options: { readonly causes?: readonly StatusCause[]; readonly retryAfterSeconds?: number } = {},
): StatusError {
  const { causes, retryAfterSeconds } = options;
  return failure(429, 'TooManyRequests', message, { ...(causes ? { causes } : {}), ...(retryAfterSeconds ? { retryAfterSeconds } : {}) });
}

/** 500: 'Internal error occurred: …'. */
export function internalError(error: unknown): StatusError {
  const text = error instanceof Error ? error.message : String(error);
  return failure(500, 'InternalError', `Internal error occurred: ${text}`, { causes: [{ message: text }] }, { cause: error });
}

/** 504: 'Timeout: …'. */
export function timeout(message: string, retryAfterSeconds = 0, causes?: readonly StatusCause[]): StatusError {
  return failure(504, 'Timeout', `Timeout: ${message}`, {
    ...(causes ? { causes } : {}),
    ...(retryAfterSeconds ? { retryAfterSeconds } : {}),
  });
}

/** 504 for a resourceVersion that the server has not reached. */
export function tooLargeResourceVersion(requested: number | string, current: number): StatusError {
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return timeout(`Too large resource version: ${requested}, current: ${current}`, 1, causes);
}

/** 503. */
export function serviceUnavailable(message: string): StatusError {
  return failure(503, 'ServiceUnavailable', message);
}

/** A Status that reports success, as deletions and bindings return it. */
export function successStatus(details?: StatusObject['details'], code?: number): StatusObject {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', ...(details ? { details } : {}), ...(code ? { code } : {}) };
}

/** Any failure of the code's own making, such as an admission webhook's. */
export function failure(
  code: number,
  reason: string,
  message: string,
  details?: StatusObject['details'],
  options?: ErrorOptions,
): StatusError {
  return new StatusError(
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, ...(details ? { details } : {}), code },
    options,
  );
}

function detailsOf(type: ResourceId, name: string): NonNullable<StatusObject['details']> {
  return {
    ...(name === '' ? {} : { name }),
    ...(type.group === '' ? {} : { group: type.group }),
    ...(type.resource === '' ? {} : { kind: type.resource }),
  };
}

function quote(text: string): string {
  return JSON.stringify(text);
}
