// What those without a credential may see: that the server is there, and which version it is.
import { type StatusError, unauthorized, type UserInfo } from '@holdfast/schema';
import { ANONYMOUS } from './authenticate.ts';

const OPEN_PATHS = /^\/(version|healthz|livez|readyz)\/?$/;

/** Why a request is refused before its body is read (401), or undefined. Everything else the server decides by roles. */
export function refusal({ path, user }: { readonly path: string; readonly user: UserInfo }): StatusError | undefined {
  return user.username === ANONYMOUS.username && !OPEN_PATHS.test(path) ? unauthorized() : undefined;
}
