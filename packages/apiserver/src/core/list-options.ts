// What a list or watch may ask for: resourceVersion and its match, continue tokens, initial events.
import {
  badRequest,
  expired,
  type FieldError,
  failure,
  forbiddenField,
  invalid,
  notSupported,
  StatusError,
  timeout,
  tooLargeResourceVersion,
} from '@holdfast/schema';
import type { ServerContext } from './server-context.ts';

const FUTURE_WAIT_MS = 3_000;
const EXACT = 'Exact';
const NOT_OLDER_THAN = 'NotOlderThan';

/** Where a page starts. `rv` -1: at whatever there is now, no longer consistent with the pages before. */
export interface ContinueToken {
  readonly v: 'meta.k8s.io/v1';
  readonly rv: number;
  readonly start: string;
}

/** A whole number of the query; undefined where it is absent or empty. Throws BadRequest in Go's words for anything else. */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^[-+]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** Refuses combinations that a list cannot have (422, or 400 for a continue token with a version of its own). */
export function checkListOptions(query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch') ?? '';
  const errors: FieldError[] = [];
  if (query.has('sendInitialEvents')) errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  if (match) {
    const forbid = (detail: string): void => void errors.push(forbiddenField('resourceVersionMatch', detail));
    if (!query.get('resourceVersion')) forbid('resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (query.get('continue')) forbid('resourceVersionMatch is forbidden when continue is provided');
    if (match !== EXACT && match !== NOT_OLDER_THAN) errors.push(notSupported('resourceVersionMatch', match, [EXACT, NOT_OLDER_THAN, '']));
    if (match === EXACT && query.get('resourceVersion') === '0')
      forbid('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  refuse(errors);
  const version = query.get('resourceVersion');
  if (query.get('continue') && version && version !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
}

/** Refuses combinations that a watch cannot have (422). */
export function checkWatchOptions(query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = query.has('sendInitialEvents');
  const errors: FieldError[] = [];
  const forbid = (detail: string): void => void errors.push(forbiddenField('resourceVersionMatch', detail));
  if (initial && match !== NOT_OLDER_THAN) forbid(`sendInitialEvents requires setting resourceVersionMatch to ${NOT_OLDER_THAN}`);
  if (match) {
    if (!initial) forbid('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
    if (match !== NOT_OLDER_THAN) errors.push(notSupported('resourceVersionMatch', match, [NOT_OLDER_THAN]));
    if (query.get('continue')) forbid('resourceVersionMatch is forbidden when continue is provided');
  }
  refuse(errors);
  parseVersion(query.get('resourceVersion') ?? '');
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}

/** The number of a resourceVersion; 0 for an absent one. Throws BadRequest. */
export function parseVersion(version: string): number {
  if (version === '') return 0;
  const number = Number(version);
  if (/^[0-9]+$/.test(version) && Number.isSafeInteger(number)) return number;
  throw badRequest(
    `resourceVersion: Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`,
  );
}

/** A reader that asks for a revision of the future waits a moment for it; then 504 with its cause. */
export async function notOlderThan(server: ServerContext, version: string): Promise<void> {
  const wanted = parseVersion(version);
  if (wanted <= server.store.revision) return;
  const watch = server.store.watch('', server.store.revision);
  let late = false;
  const cancel = server.clock.after(FUTURE_WAIT_MS, () => {
    late = true;
    watch.close();
  });
  try {
    for await (const event of watch) if (event.revision >= wanted) return;
  } finally {
    cancel();
    watch.close();
  }
  if (late) throw tooLargeResourceVersion(wanted, server.store.revision);
  throw timeout('the server is closing');
}

export function encodeContinue(rv: number, start: string): string {
  const token: ContinueToken = { v: 'meta.k8s.io/v1', rv, start };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** Undefined where there is none; throws BadRequest for one that is not ours. */
export function parseContinue(text: string | null): ContinueToken | undefined {
  if (!text) return undefined;
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as ContinueToken;
    if (token.v === 'meta.k8s.io/v1' && Number.isSafeInteger(token.rv) && typeof token.start === 'string') return token;
  } catch (error) {
    throw badRequest(`invalid continue token: ${String(error)}`);
  }
  throw badRequest('invalid continue token: incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
}

/** 410 for a page whose revision is forgotten, with a token for the rest of the list as it is now. */
export function expiredContinue(start: string): StatusError {
  const { status } = expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  );
  return new StatusError({ ...status, metadata: { continue: encodeContinue(-1, start) } });
}

/** 410 for a list at a revision that is forgotten. */
export function expiredVersion(): StatusError {
  return failure(410, 'Expired', 'The resourceVersion for the provided list is too old.');
}
