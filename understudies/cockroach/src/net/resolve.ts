// Finds the address of a host: through the cluster's DNS server where the pod was told of one, else as the machine does.
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock, Random } from '@holdfast/clock';
import dns from 'dns-packet';

/** Completes names of services, as the search list of a pod's resolv.conf does; the server itself completes shorter ones. */
const SEARCH = ['', '.svc.cluster.local', '.cluster.local'];
const TIMEOUT_MS = 2_000;

export type Resolve = (host: string) => Promise<string>;

/** What the process was told by its surroundings. */
export interface NetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** This pod's own address: what `localhost` means to it. */
  readonly podIp: string | undefined;
  /** `host:port` of the cluster's DNS server. */
  readonly dnsServer: string | undefined;
}

/** The resolver that fits the surroundings. It rejects with a sentence that names the host. */
export function resolver(options: NetworkOptions): Resolve {
  const { podIp, dnsServer } = options;
  return async (host) => {
    if (host === '' || host === 'localhost') return podIp ?? '127.0.0.1';
    if (isIP(host)) return host;
    if (dnsServer === undefined) return (await lookup(host, { family: 4 })).address;
    for (const suffix of SEARCH) {
      const [address] = await ask(`${host}${suffix}`, dnsServer, options);
      if (address !== undefined) return address;
    }
    throw new Error(`lookup ${host}: no such host (asked ${dnsServer})`);
  };
}

function ask(name: string, server: string, { clock, random }: NetworkOptions): Promise<readonly string[]> {
  const [host, port] = splitAddress(server, 53);
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const id = random.int(1 << 16);
    const finish = (settle: () => void): void => {
      cancel();
      socket.close();
      settle();
    };
    const cancel = clock.after(TIMEOUT_MS, () => finish(() => reject(new Error(`lookup ${name}: ${server} does not answer`))));
    socket.on('error', (error) => finish(() => reject(error)));
    socket.on('message', (bytes) => {
      const answer = decode(bytes);
      if (answer?.id !== id) return;
      finish(() => resolve((answer.answers ?? []).flatMap((record) => (record.type === 'A' ? [record.data] : []))));
    });
    socket.send(dns.encode({ type: 'query', id, flags: dns.RECURSION_DESIRED, questions: [{ type: 'A', name }] }), port, host);
  });
}

/** Whatever arrives that is no answer is not for us. */
function decode(bytes: Buffer): dns.DecodedPacket | undefined {
  try {
    return dns.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Splits `host:port`, `:port` and `host`. Throws where the port is no port. */
export function splitAddress(address: string, defaultPort: number): readonly [host: string, port: number] {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(address);
  const port = match?.[3] ? Number(match[3]) : defaultPort;
  if (!match || port > 65_535) throw new Error(`invalid address ${JSON.stringify(address)}: write host:port`);
  return [match[1] ?? match[2] ?? '', port];
}
