// The API that this package's tests run against: the embedded server, in process.
import { createTestServer } from '@holdfast/apiserver/testing';
import { type Client, createClient, inProcessTransport } from '@holdfast/client';
import { type Clock, seededRandom } from '@holdfast/clock';
import type { NodeDialer } from '@holdfast/schema';

/** A new server and a client of its administrator. Bugs of the server fail the test that ran into them. */
export function testApi(
  clock: Clock,
  { serviceCidr = '127.91.128.0/17', nodes = () => undefined }: { readonly serviceCidr?: string; readonly nodes?: NodeDialer } = {},
): Client {
  const server = createTestServer({
    clock,
    random: seededRandom(7),
    nodes,
    serviceCidr,
    onBug: (error, { method, path }) => {
      throw new Error(`${method} ${path} ran into a bug`, { cause: error });
    },
  });
  return createClient(inProcessTransport(server.handle, { username: 'admin', groups: ['system:masters'] }));
}
