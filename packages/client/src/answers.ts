// What an answer means: the object, or the StatusError that the server's Status says.
import { StatusError, type StatusObject } from '@holdfast/schema';
import type { TransportResponse } from './client.ts';

/** The object of a successful answer; throws StatusError for any other. */
export function answerOf(response: TransportResponse): unknown {
  if (response.status >= 200 && response.status < 300) return response.object;
  throw statusErrorOf(response.status, response.object);
}

/** The error that a refusal with this HTTP status and body stands for; proxies answer without a Status. */
export function statusErrorOf(code: number, body: unknown): StatusError {
  if (isStatusObject(body)) return new StatusError({ ...body, code: body.code ?? code });
  const message =
    typeof body === 'string' && body.trim() !== '' ? body.trim().slice(0, 2048) : `the server answered with HTTP status ${code}`;
  return new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: reasonOf(code), code });
}

/** Whether a body is metav1.Status. */
export function isStatusObject(value: unknown): value is StatusObject {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status' && 'status' in value;
}

/** The body of an answer that is no API object: JSON where the server says so, text otherwise. */
export function parseBody(contentType: string, bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes);
  return /^application\/(?:[\w.-]+\+)?json\b/.test(contentType) && text !== '' ? (JSON.parse(text) as unknown) : text;
}

/** apimachinery's reason for a bare HTTP status. */
function reasonOf(code: number): string {
  switch (code) {
    case 400:
      return 'BadRequest';
    case 401:
      return 'Unauthorized';
    case 403:
      return 'Forbidden';
    case 404:
      return 'NotFound';
    case 409:
      return 'Conflict';
    case 410:
      return 'Gone';
    case 429:
      return 'TooManyRequests';
    case 503:
      return 'ServiceUnavailable';
    case 504:
      return 'Timeout';
    default:
      return code >= 500 ? 'InternalError' : 'Unknown';
  }
}
