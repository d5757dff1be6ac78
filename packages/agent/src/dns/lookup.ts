// A small resolver that asks the cluster's DNS server, for programs on the host that want names of the cluster.
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { type Clock, type Random, systemClock, systemRandom } from '@holdfast/clock';
import dns from 'dns-packet';

export interface LookupOptions {
  readonly server: { readonly host: string; readonly port: number };
  /** Completes '<service>' and gives the search list of a pod in this namespace. Default 'default'. */
  readonly namespace?: string;
  /** Default 'cluster.local'. */
  readonly domain?: string;
  /** Per question. Default 2 seconds. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** As in a pod's resolv.conf: names with fewer dots are tried with the search list first. */
const NDOTS = 5;
const TIMEOUT_MS = 2000;

/**
 * IPv4 addresses of a name, as a program in a pod of `namespace` would find them. Rejects with an error whose `code` is
 * 'ENOTFOUND' when the name does not exist, 'ETIMEOUT' when the server does not answer.
 */
export async function lookup(name: string, options: LookupOptions): Promise<readonly string[]> {
  if (isIP(name)) return [name];
  const { namespace = 'default', domain = 'cluster.local' } = options;
  const search = [`${namespace}.svc.${domain}`, `svc.${domain}`, domain].map((suffix) => `${name}.${suffix}`);
  const absolute = name.endsWith('.') ? [name.slice(0, -1)] : name.split('.').length > NDOTS ? [name, ...search] : [...search, name];
  for (const candidate of absolute) {
    const addresses = await ask(candidate, options);
    if (addresses.length > 0) return addresses;
  }
  throw Object.assign(new Error(`the cluster's DNS at ${options.server.host}:${options.server.port} knows no ${name}`), {
    code: 'ENOTFOUND',
  });
}

/** Addresses of exactly this name; empty when there are none. */
function ask(
  name: string,
  { server, timeoutMs = TIMEOUT_MS, clock = systemClock(), random = systemRandom() }: LookupOptions,
): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const id = random.int(0x1_0000);
    const finish = (settle: () => void): void => {
      cancel();
      socket.close();
      settle();
    };
    const cancel = clock.after(timeoutMs, () =>
      finish(() =>
        reject(Object.assign(new Error(`the cluster's DNS at ${server.host}:${server.port} does not answer`), { code: 'ETIMEOUT' })),
      ),
    );
    socket.on('error', (error) => finish(() => reject(error)));
    socket.on('message', (message) => {
      const answer = dns.decode(message);
      if (answer.id !== id) return;
      finish(() => resolve((answer.answers ?? []).flatMap((record) => (record.type === 'A' ? [record.data] : []))));
    });
    const query = dns.encode({ type: 'query', id, flags: dns.RECURSION_DESIRED, questions: [{ type: 'A', name }] });
    // Connected, so that a server that is not there is told by an error instead of silence.
    socket.connect(server.port, server.host, () => socket.send(query));
  });
}
