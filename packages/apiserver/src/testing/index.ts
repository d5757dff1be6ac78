// A server for tests, of every package: in process, with one set of surroundings.
import { generateKeyPairSync } from 'node:crypto';
import { seededRandom } from '@holdfast/clock';
import type { ApiServer, ApiServerOptions } from '../api-server.ts';
import { createApiServer } from '../create-api-server.ts';

/**
 * A server without nodes whose random numbers are always the same; tests say what else they want. Its service-account key is its own.
 */
export function createTestServer(options: Pick<ApiServerOptions, 'clock' | 'onBug'> & Partial<ApiServerOptions>): ApiServer {
  return createApiServer({
    random: seededRandom(1),
    nodes: () => undefined,
    serviceCidr: '127.64.128.0/17',
    advertise: { host: '127.0.0.1', port: 6443 },
    caCertificate: 'CA',
    serviceAccountKey: options.serviceAccountKey ?? newKey(),
    ...options,
  });
}

function newKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
