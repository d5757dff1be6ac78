// url(), as the Kubernetes CEL library has it: absolute URLs and absolute paths.
import type { Environment } from '@marcbachmann/cel-js';

const ABSENT_BASE = 'http://absent.invalid';

/** A parsed URL; of a path, scheme and host are ''. */
export class CelUrl {
  readonly #url: URL;
  readonly #relative: boolean;

  constructor(text: string) {
    this.#relative = text.startsWith('/');
    const wrong = (): Error => new Error(`URL parse error during conversion from string: parse "${text}": invalid URI for request`);
    if (/[\s\p{Cc}]/u.test(text)) throw wrong();
    if (!URL.canParse(text, this.#relative ? ABSENT_BASE : undefined)) throw wrong();
    this.#url = new URL(text, this.#relative ? ABSENT_BASE : undefined);
  }

  get scheme(): string {
    return this.#relative ? '' : this.#url.protocol.replace(/:$/, '');
  }

  get host(): string {
    return this.#relative ? '' : this.#url.host;
  }

  get hostname(): string {
    return this.#relative ? '' : this.#url.hostname.replace(/^\[|\]$/g, '');
  }

  get port(): string {
    return this.#relative ? '' : this.#url.port;
  }

  get escapedPath(): string {
    return this.#url.pathname;
  }

  toString(): string {
    return this.#relative ? `${this.#url.pathname}${this.#url.search}` : this.#url.href;
  }

  get query(): Map<string, readonly string[]> {
    const query = new Map<string, readonly string[]>();
    for (const [key, value] of this.#url.searchParams) query.set(key, [...(query.get(key) ?? []), value]);
    return query;
  }
}

export function addUrls(env: Environment): void {
  const sync = { async: false };
  env.registerType('kubernetes.URL', CelUrl);
  env.registerFunction('url(string): kubernetes.URL', (text: string) => new CelUrl(text), sync);
  env.registerFunction(
    'isURL(string): bool',
    (text: string) => {
      try {
        return new CelUrl(text).escapedPath !== '';
      } catch {
        // What does not parse is not one.
        return false;
      }
    },
    sync,
  );
  env.registerFunction('kubernetes.URL.getScheme(): string', (url: CelUrl) => url.scheme, sync);
  env.registerFunction('kubernetes.URL.getHost(): string', (url: CelUrl) => url.host, sync);
  env.registerFunction('kubernetes.URL.getHostname(): string', (url: CelUrl) => url.hostname, sync);
  env.registerFunction('kubernetes.URL.getPort(): string', (url: CelUrl) => url.port, sync);
  env.registerFunction('kubernetes.URL.getEscapedPath(): string', (url: CelUrl) => url.escapedPath, sync);
  env.registerFunction('kubernetes.URL.getQuery(): map<string, list<string>>', (url: CelUrl) => url.query, sync);
}
