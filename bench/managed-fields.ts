// What tracking the owners of fields costs: creates and updates of a ConfigMap of 1 KiB, by a client whose fields are
// tracked (any client) and by the server itself, which does not track its own.
import { generateKeyPairSync } from 'node:crypto';
import { type Clock, seededRandom } from '@holdfast/clock';
import type { KubeObject } from '@holdfast/schema';
import { createMemoryStore } from '@holdfast/store';
import { createObject, updateObject } from '../packages/apiserver/src/core/write.ts';
import { allowAll } from '../packages/apiserver/src/access/authorizer.ts';
import { createApiServer } from '../packages/apiserver/src/create-api-server.ts';
import { createRegistry } from '../packages/apiserver/src/registry/registry.ts';

const WRITES = 5000;

/** CPU per write. */
export async function managedFieldsFigures(clock: Clock): Promise<Readonly<Record<string, number>>> {
  const figures: Record<string, number> = {};
  for (const manager of [undefined, 'bench']) {
    const store = createMemoryStore<KubeObject>();
    const random = seededRandom(1);
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const common = { clock, random, store, nodes: () => undefined, serviceCidr: '127.64.128.0/17', serviceAccountKey: key };
    const api = createApiServer({ ...common, advertise: { host: '127.0.0.1', port: 6443 }, caCertificate: '', onBug: () => undefined });
    await api.handle({
      method: 'GET',
      path: '/version',
      query: new URLSearchParams(),
      headers: {},
      user: { username: '', groups: [] },
      signal: new AbortController().signal,
    });
    const registry = createRegistry();
    const definition = registry.find('', 'v1', 'configmaps');
    if (!definition) throw new Error('configmaps are not served');
    const server = { ...common, registry, authorizer: allowAll, closing: new AbortController().signal, ends: new Set<() => void>() };
    const write = { server, definition, namespace: 'default', dryRun: false, subresource: '', ...(manager ? { manager } : {}) };
    const what = manager ? 'tracked' : 'untracked';
    figures[`create ${what} (CPU, 0.1 µs)`] = await perWrite((i) => createObject(write, configMap(`m${i}`, 'a')));
    figures[`update ${what} (CPU, 0.1 µs)`] = await perWrite((i) =>
      updateObject(write, `m${i}`, (old) => ({ ...configMap(`m${i}`, 'b'), metadata: old.metadata })),
    );
    await api.close();
  }
  return figures;
}

/** Tenths of a microsecond of CPU, so that other work of the machine does not count. */
async function perWrite(write: (i: number) => Promise<unknown>): Promise<number> {
  const begun = process.cpuUsage();
  for (let i = 0; i < WRITES; i++) JSON.stringify(await write(i));
  const { user, system } = process.cpuUsage(begun);
  return ((user + system) * 10) / WRITES;
}

function configMap(name: string, letter: string): KubeObject {
  const data = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`key-${i}`, letter.repeat(112)]));
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data } as KubeObject;
}
