import { connect, createServer } from 'node:net';
import type { Client } from '@holdfast/client';
import { seededRandom, sleep, systemClock } from '@holdfast/clock';
import { createManager, silentLogger } from '@holdfast/controller';
import { ENDPOINTSLICES, EVENTS, NAMESPACES, SERVICES } from '@holdfast/schema';
import dns from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { clusterDns } from '../dns/cluster-dns.ts';
import { lookup } from '../dns/lookup.ts';
import { testApi } from '../test/test-api.ts';
import { serviceProxy } from './service-proxy.ts';

const clock = systemClock();
const HOST = '127.92.0.254';

async function network(): Promise<{
  readonly client: Client;
  readonly port: number;
  readonly stop: () => Promise<void>;
}> {
  const client = testApi(clock, { serviceCidr: '127.92.128.0/17' });
  let port = 0;
  const stopping = new AbortController();
  const components = [clusterDns({ host: HOST, port: 0, onListening: (bound) => (port = bound) }), serviceProxy()];
  const manager = createManager({ client, clock, random: seededRandom(1), log: silentLogger, components });
  await manager.start(stopping.signal);
  return {
    client,
    port,
    stop: async () => {
      stopping.abort();
      await manager.stopped();
    },
  };
}

async function until<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch {
      await sleep(clock, 5);
    }
  }
}

function overTcp(port: number, name: string): Promise<dns.Packet> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port });
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      socket.destroy();
      resolve(dns.streamDecode(Buffer.from(chunk)));
    });
    socket.write(dns.streamEncode({ type: 'query', id: 7, questions: [{ type: 'A', name }] }));
  });
}

describe('cluster network', () => {
  it('resolves and forwards as services and endpoints come and go', async () => {
    const { client, port, stop } = await network();
    const server = { host: HOST, port };
    const backend = createServer((socket) => socket.end('hello'));
    await new Promise<void>((resolve) => backend.listen(18_081, '127.92.2.2', resolve));
    await client.create(NAMESPACES, { metadata: { name: 'data' } });
    const service = {
      metadata: { namespace: 'data', name: 'db' },
      spec: { clusterIP: '127.92.128.10', ports: [{ name: 'sql', port: 15_432, protocol: 'TCP' }] },
    };
    const created = await client.create(SERVICES, { ...service, apiVersion: 'v1', kind: 'Service' });
    expect(await until(() => lookup('db', { server, namespace: 'data' }))).toEqual(['127.92.128.10']);
    expect(await lookup('db.data', { server })).toEqual(['127.92.128.10']);
    expect(await lookup('127.0.0.1', { server })).toEqual(['127.0.0.1']);
    expect((await overTcp(port, 'db.data.svc.cluster.local')).answers?.[0]).toMatchObject({ type: 'A', data: '127.92.128.10' });
    await expect(lookup('nothing.data', { server })).rejects.toMatchObject({ code: 'ENOTFOUND' });

    const read = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({ host: '127.92.128.10', port: 15_432 });
        let text = '';
        socket.on('error', reject);
        socket.on('data', (chunk) => {
          text += String(chunk);
        });
        socket.on('end', () => resolve(text));
      });
    await expect(read()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const slice = {
      metadata: { namespace: 'data', name: 'db-x', labels: { 'kubernetes.io/service-name': 'db' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['127.92.2.2'], conditions: { ready: true } }],
      ports: [{ name: 'sql', port: 18_081, protocol: 'TCP' }],
    };
    await client.create(ENDPOINTSLICES, slice);
    expect(await until(read)).toBe('hello');
    await client.delete(SERVICES, { namespace: 'data', name: created.metadata.name ?? '' });
    for (;;) {
      const gone = await read().then(
        () => false,
        (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
      );
      if (gone) break;
      await sleep(clock, 5);
    }
    await stop();
    backend.close();
  });

  it('says on the service when a port cannot be bound', async () => {
    const { client, stop } = await network();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(15_433, '127.92.128.11', resolve));
    await client.create(SERVICES, {
      metadata: { namespace: 'default', name: 'busy' },
      spec: { clusterIP: '127.92.128.11', ports: [{ port: 15_433 }] },
    });
    await client.create(ENDPOINTSLICES, {
      metadata: { namespace: 'default', name: 'busy-x', labels: { 'kubernetes.io/service-name': 'busy' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['127.92.2.2'] }],
      ports: [{ port: 1, name: '' }],
    });
    const event = await until(async () => {
      // Without root the port 443 of the Service kubernetes cannot be bound either, which has an event of its own.
      const { items } = await client.list(EVENTS, { namespace: 'default' });
      const found = items.find(({ involvedObject }) => involvedObject?.name === 'busy');
      if (!found) throw new Error('not yet');
      return found;
    });
    expect(event).toMatchObject({ type: 'Warning', reason: 'PortNotBound', involvedObject: { kind: 'Service', name: 'busy' } });
    expect(event.message).toMatch(/^cannot listen on 127\.92\.128\.11:15433: another program on this machine already listens there/);
    await stop();
    taken.close();
  });
});
