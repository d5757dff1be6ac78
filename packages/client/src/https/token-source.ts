// The bearer token: fixed, or from a file that the node renews.
import { readFile } from 'node:fs/promises';
import type { Clock } from '@holdfast/clock';
import type { ClusterAccess } from './access.ts';

/** Service-account tokens are renewed long before they expire, so a short-lived copy is safe; client-go keeps one for a minute. */
const KEEP_MS = 10_000;

/** The authorization header of each request; empty when the identity is a certificate. */
export type TokenSource = () => Promise<Readonly<Record<string, string>>>;

export function tokenSource({ token, tokenFile }: ClusterAccess, clock: Clock): TokenSource {
  if (tokenFile === undefined) {
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    return () => Promise.resolve(headers);
  }
  let kept: { readonly headers: Readonly<Record<string, string>>; readonly untilMs: number } | undefined;
  return async () => {
    if (kept && clock.now() < kept.untilMs) return kept.headers;
    const text = (await readFile(tokenFile, 'utf8')).trim();
    if (text === '') throw new Error(`the token file ${tokenFile} is empty`);
    kept = { headers: { authorization: `Bearer ${text}` }, untilMs: clock.now() + KEEP_MS };
    return kept.headers;
  };
}
