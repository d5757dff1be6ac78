// The API that this package's tests run against: the embedded server, in process.
import { createTestServer } from '@holdfast/apiserver/testing';
import { type Client, createClient, inProcessTransport, type Transport } from '@holdfast/client';
import { type Clock, seededRandom } from '@holdfast/clock';
import type { NodeDialer } from '@holdfast/schema';

/** A new server and a client of its administrator. Bugs of the server fail the test that ran into them. */
export function testApi(clock: Clock, options: TestApiOptions = {}): Client {
  return createClient(testTransport(clock, options));
}

export interface TestApiOptions {
  readonly serviceCidr?: string;
  readonly nodes?: NodeDialer;
}

/** The way of that client to a new server, for tests that put something between. */
export function testTransport(clock: Clock, { serviceCidr = '127.91.128.0/17', nodes = () => undefined }: TestApiOptions = {}): Transport {
  const server = createTestServer({
    clock,
    random: seededRandom(7),
    nodes,
    serviceCidr,
    onBug: (error, { method, path }) => {
      throw new Error(`${method} ${path} ran into a bug`, { cause: error });
    },
  });
  return inProcessTransport(server.handle, { username: 'admin', groups: ['system:masters'] });
}
