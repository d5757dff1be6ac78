// Who requests come from: a token that is fixed, in a file that the node renews, or from a program; a client certificate.
import { readFile } from 'node:fs/promises';
import type { Clock } from '@holdfast/clock';
import type { ClusterAccess } from './access.ts';
import { type PluginCredentials, runPlugin } from './credential-plugin.ts';

/** Service-account tokens are renewed long before they expire, so a short-lived copy is safe; client-go keeps one for a minute. */
const KEEP_MS = 10_000;

/** What goes with a request, and with the connection that it takes. */
export interface Identity {
  readonly headers: Readonly<Record<string, string>>;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface IdentitySource {
  /** The identity of the next request. Rejects with a sentence where it cannot be had. */
  current(): Promise<Identity>;
  /** The server did not take this identity (401); true: another may be had, so that asking again makes sense. */
  refused(identity: Identity): boolean;
}

export function identitySource(access: ClusterAccess, clock: Clock): IdentitySource {
  const { cert, key, plugin } = access;
  if (plugin) return pluginIdentity(() => runPlugin(plugin), clock);
  if (access.tokenFile !== undefined) return fileIdentity(access.tokenFile, { cert, key }, clock);
  const identity = { headers: bearer(access.token), cert, key };
  return { current: () => Promise.resolve(identity), refused: () => false };
}

function fileIdentity(tokenFile: string, certificate: Pick<Identity, 'cert' | 'key'>, clock: Clock): IdentitySource {
  let kept: { readonly identity: Identity; readonly untilMs: number } | undefined;
  return {
    current: async () => {
      if (kept && clock.now() < kept.untilMs) return kept.identity;
      const text = (await readFile(tokenFile, 'utf8')).trim();
      if (text === '') throw new Error(`the token file ${tokenFile} is empty`);
      kept = { identity: { headers: bearer(text), ...certificate }, untilMs: clock.now() + KEEP_MS };
      return kept.identity;
    },
    refused: () => false,
  };
}

/** The program is asked once for all requests that wait, again when what it gave has expired, and once more when the server refuses it, as client-go does. */
function pluginIdentity(run: () => Promise<PluginCredentials>, clock: Clock): IdentitySource {
  let kept: { readonly identity: Promise<Identity>; untilMs: number } | undefined;
  let latest: Identity | undefined;
  const ask = (): Promise<Identity> => {
    const asked = {
      identity: run().then(({ token, cert, key, untilMs }) => {
        asked.untilMs = untilMs ?? Number.POSITIVE_INFINITY;
        latest = { headers: bearer(token), cert, key };
        return latest;
      }),
      untilMs: Number.POSITIVE_INFINITY,
    };
    kept = asked;
    asked.identity.catch(() => {
      if (kept === asked) kept = undefined;
    });
    return asked.identity;
  };
  return {
    current: () => (kept && clock.now() < kept.untilMs ? kept.identity : ask()),
    refused: (identity) => {
      // Another request may have asked for a new one meanwhile.
      if (identity === latest) kept = undefined;
      return true;
    },
  };
}

function bearer(token: string | undefined): Readonly<Record<string, string>> {
  return token ? { authorization: `Bearer ${token}` } : {};
}
