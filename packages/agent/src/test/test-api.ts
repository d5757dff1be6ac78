// The API that this package's tests run against: the embedded server, in process.
import { generateKeyPairSync } from 'node:crypto';
import { createApiServer } from '@holdfast/apiserver';
import { type Client, createClient, inProcessTransport } from '@holdfast/client';
import { type Clock, seededRandom } from '@holdfast/clock';
import type { NodeDialer } from '@holdfast/schema';

const SIGNING_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** A new server and a client of its administrator. Bugs of the server fail the test that ran into them. */
export function testApi(
  clock: Clock,
  { serviceCidr = '127.91.128.0/17', nodes = () => undefined }: { readonly serviceCidr?: string; readonly nodes?: NodeDialer } = {},
): Client {
  const server = createApiServer({
    clock,
    random: seededRandom(7),
    nodes,
    serviceCidr,
    advertise: { host: '127.0.0.1', port: 6443 },
    caCertificate: '',
    serviceAccountKey: SIGNING_KEY,
    onBug: (error, { method, path }) => {
      throw new Error(`${method} ${path} ran into a bug`, { cause: error });
    },
  });
  return createClient(inProcessTransport(server.handle, { username: 'admin', groups: ['system:masters'] }));
}
