// What a webhook answered: an AdmissionReview that must be about the very request it was sent, read with suspicion.
import { isRecord, type StatusCause, StatusError, type StatusObject } from '@holdfast/schema';

/** A valid answer. */
export interface Answer {
  readonly allowed: boolean;
  /** Of a refusal: thrown to the caller. */
  readonly refusal: StatusError;
  readonly warnings: readonly string[];
  /** Operations of a JSON patch, not yet looked at; absent: nothing is changed. */
  readonly patch?: unknown;
}

/** Why an answer is none: becomes a part of 'failed calling webhook …'. */
export class InvalidAnswer extends Error {
  override readonly name = 'InvalidAnswer';
}

const REVIEW = 'admission.k8s.io/v1, Kind=AdmissionReview';
const MAX_WARNING = 256;

/** Reads the body of an answer to the request called `uid`. Throws InvalidAnswer in upstream's words. */
export function readAnswer(
  body: string,
  { uid, hook, mutating }: { readonly uid: string; readonly hook: string; readonly mutating: boolean },
): Answer {
  const review = parse(body);
  const { apiVersion, kind, response } = review;
  if (kind === undefined || kind === '')
    throw new InvalidAnswer("failed to call webhook: Object 'Kind' is missing in '" + excerpt(body) + "'");
  if (apiVersion === undefined || apiVersion === '')
    throw new InvalidAnswer("failed to call webhook: Object 'apiVersion' is missing in '" + excerpt(body) + "'");
  if (!isRecord(response)) throw rubbish('webhook response was absent');
  if (response['uid'] !== uid) throw rubbish(`expected response.uid=${quote(uid)}, got ${quote(response['uid'] ?? '')}`);
  const found = `${text(apiVersion)}, Kind=${text(kind)}`;
  if (found !== REVIEW) throw rubbish(`expected webhook response of ${REVIEW}, got ${found}`);
  const patch = patchOf(response, mutating);
  return {
    allowed: response['allowed'] === true,
    refusal: new StatusError(refusalOf(hook, response['status'])),
    warnings: warningsOf(response['warnings']),
    ...(patch === undefined ? {} : { patch }),
  };
}

function parse(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    if (isRecord(value)) return value;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new InvalidAnswer(`failed to call webhook: couldn't get version/kind; json parse error: ${problem}`, { cause: error });
  }
  throw new InvalidAnswer("failed to call webhook: couldn't get version/kind; json parse error: the answer is no object");
}

function patchOf({ patch, patchType }: Readonly<Record<string, unknown>>, mutating: boolean): unknown {
  const given = typeof patch === 'string' && patch !== '';
  const typed = patchType !== undefined && patchType !== null;
  if (!mutating) {
    if (given) throw rubbish('validating webhook may not return response.patch');
    if (typed) throw rubbish('validating webhook may not return response.patchType');
    return undefined;
  }
  if (given && !typed) throw rubbish('webhook returned response.patch but not response.patchType');
  if (!given && typed) throw rubbish('webhook returned response.patchType but not response.patch');
  if (!given) return undefined;
  if (patchType !== 'JSONPatch') throw rubbish(`webhook returned invalid response.patchType of ${quote(patchType)}`);
  try {
    return JSON.parse(Buffer.from(patch, 'base64').toString('utf8')) as unknown;
  } catch (error) {
    throw rubbish(`response.patch is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The Status of a refusal: the webhook's own, under the name of the webhook, and always a failure. */
function refusalOf(hook: string, given: unknown): StatusObject {
  const status = isRecord(given) ? given : {};
  const { code, message, reason, details } = status;
  const said = text(message) || text(reason);
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `admission webhook ${quote(hook)} denied the request${said ? `: ${said}` : ' without explanation'}`,
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(isRecord(details) ? { details: detailsOf(details) } : {}),
    code: typeof code === 'number' && Number.isInteger(code) && code >= 400 && code <= 599 ? code : 400,
  };
}

function detailsOf(details: Readonly<Record<string, unknown>>): NonNullable<StatusObject['details']> {
  const causes = Array.isArray(details['causes']) ? details['causes'].filter(isRecord) : [];
  const member = (name: string): object => (typeof details[name] === 'string' ? { [name]: details[name] } : {});
  return {
    ...member('name'),
    ...member('group'),
    ...member('kind'),
    ...member('uid'),
    ...(causes.length > 0 ? { causes: causes.map(causeOf) } : {}),
    ...(typeof details['retryAfterSeconds'] === 'number' ? { retryAfterSeconds: details['retryAfterSeconds'] } : {}),
  };
}

function causeOf({ reason, message, field }: Readonly<Record<string, unknown>>): StatusCause {
  return {
    ...(typeof reason === 'string' ? { reason } : {}),
    message: text(message),
    ...(typeof field === 'string' ? { field } : {}),
  };
}

/** Texts for headers: nothing that would end one, and nothing endless. */
function warningsOf(warnings: unknown): readonly string[] {
  if (!Array.isArray(warnings)) return [];
  return warnings.filter((one) => typeof one === 'string').map((one) => one.replaceAll(/[^\x20-\x7e]/g, ' ').slice(0, MAX_WARNING));
}

function rubbish(problem: string): InvalidAnswer {
  return new InvalidAnswer(`received invalid webhook response: ${problem}`);
}

function excerpt(body: string): string {
  return body.length > MAX_WARNING ? `${body.slice(0, MAX_WARNING)}…` : body;
}

function quote(value: unknown): string {
  return JSON.stringify(typeof value === 'string' ? value : JSON.stringify(value));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
