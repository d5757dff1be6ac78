import { badRequest, type Node, StatusError } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { kubeletEndpoint } from './endpoint.ts';
import { Kubelet } from './kubelet.ts';
import { proxyNode } from '../proxy/proxy-node.ts';
import type { KubeletAnswer, KubeletEndpoint, KubeletRequest, KubeletTransport } from './transport.ts';

const never = new AbortController().signal;
const container = { namespace: 'ns', pod: 'web-0', uid: 'u', container: 'c' };

function node(addresses: readonly (readonly [type: string, address: string])[], port?: number): Node {
  return {
    metadata: { name: 'n1' },
    status: {
      addresses: addresses.map(([type, address]) => ({ type, address })),
      ...(port ? { daemonEndpoints: { kubeletEndpoint: { Port: port } } } : {}),
    },
  } as Node;
}

/** A transport that answers with a code and a text, and keeps what it was asked. */
function answering(status: number, text = ''): KubeletTransport & { readonly asked: (KubeletRequest & { endpoint: KubeletEndpoint })[] } {
  const asked: (KubeletRequest & { endpoint: KubeletEndpoint })[] = [];
  return {
    asked,
    request: async (endpoint, request): Promise<KubeletAnswer> => {
      asked.push({ ...request, endpoint });
      async function* chunks(): AsyncGenerator<Uint8Array> {
        yield Buffer.from(text);
      }
      return { status, headers: { 'content-type': 'text/plain', connection: 'close' }, chunks: chunks() };
    },
    dial: async () => {
      throw new Error('dial tcp 127.70.0.1:10250: connect: connection refused');
    },
  };
}

const LOCAL = node([['InternalIP', '127.70.0.1']]);

async function refusal(promise: Promise<unknown>): Promise<StatusError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('the address of an agent', () => {
  it('is the internal one, else the external one, else the name; the port is the node’s, or 10250', () => {
    const of = (...args: Parameters<typeof node>): unknown => {
      const { host, port } = kubeletEndpoint(node(...args));
      return `${host}:${port}`;
    };
    expect(
      of(
        [
          ['Hostname', 'n1'],
          ['ExternalIP', '203.0.113.7'],
          ['InternalIP', '10.1.2.3'],
        ],
        4711,
      ),
    ).toBe('10.1.2.3:4711');
    expect(of([['ExternalIP', '203.0.113.7']])).toBe('203.0.113.7:10250');
    expect(of([['Hostname', 'n1']])).toBe('n1:10250');
  });

  it('is missing in upstream’s words', () => {
    expect(() => kubeletEndpoint(node([['InternalDNS', 'x']]))).toThrow('no preferred addresses found; known addresses: [{InternalDNS x}]');
  });

  it.each(['169.254.169.254', '0.0.0.0', '224.0.0.1', '255.255.255.255', 'fe80::1', '::', 'ff02::1', '::ffff:169.254.169.254'])(
    'cannot be %s',
    (address) => {
      expect(() => kubeletEndpoint(node([['InternalIP', address]]))).toThrow('address not allowed');
    },
  );
});

describe('logs of an agent that is another program', () => {
  it('are asked for as upstream asks', async () => {
    const transport = answering(200, 'hello\n');
    const options = {
      follow: true,
      previous: true,
      timestamps: true,
      tailLines: 3,
      limitBytes: 10,
      sinceTime: '2024-01-01T00:00:00Z',
    };
    const chunks = await new Kubelet(LOCAL, transport).logs({ container, options, insecure: false, signal: never });
    const read: Uint8Array[] = [];
    for await (const chunk of chunks) read.push(chunk);
    expect(Buffer.concat(read).toString()).toBe('hello\n');
    expect(transport.asked[0]).toMatchObject({
      method: 'GET',
      target:
        '/containerLogs/ns/web-0/c?follow=true&limitBytes=10&previous=true&sinceTime=2024-01-01T00%3A00%3A00Z&tailLines=3&timestamps=true',
    });
  });

  it.each([
    [400, 'container "c" in pod "web-0" is waiting to start: X', 'BadRequest', 'container "c" in pod "web-0" is waiting to start: X'],
    [401, 'Unauthorized', 'Unauthorized', 'the server has asked for the client to provide credentials ( pods/log web-0)'],
    [403, 'Forbidden (user=a)', 'Forbidden', 'Forbidden (user=a) ( pods/log web-0)'],
    [404, 'pod "web-0" does not exist', 'NotFound', 'the server could not find the requested resource ( pods/log web-0)'],
    [500, 'broken', 'InternalError', 'Internal error occurred: broken'],
    [503, 'busy', 'InternalError', 'an error on the server ("busy") has prevented the request from succeeding ( pods/log web-0)'],
  ])('%i is a refusal in upstream’s words', async (status, text, reason, message) => {
    const kubelet = new Kubelet(LOCAL, answering(status, text));
    const error = await refusal(kubelet.logs({ container, options: {}, insecure: false, signal: never }));
    expect([error.code, error.reason, error.message]).toEqual([status, reason, message]);
  });

  it('of a node that cannot be reached: the request and why, as Go says it', async () => {
    const transport: KubeletTransport = {
      ...answering(200),
      request: async () => {
        throw new Error('dial tcp 127.70.0.1:10250: connect: connection refused');
      },
    };
    const error = await refusal(new Kubelet(LOCAL, transport).logs({ container, options: {}, insecure: false, signal: never }));
    expect(error.status).toMatchObject({
      code: 500,
      reason: '',
      message: 'Get "https://127.70.0.1:10250/containerLogs/ns/web-0/c": dial tcp 127.70.0.1:10250: connect: connection refused',
    });
  });

  it('are taken from whoever answers only where the caller says so', async () => {
    const transport = answering(200);
    const published = { ...LOCAL, metadata: { name: 'n1', annotations: { 'holdfast.dev/kubelet-certificate-sha256': 'AB' } } };
    const kubelet = new Kubelet(published, transport);
    for (const insecure of [false, true]) await kubelet.logs({ container, options: {}, insecure, signal: never });
    expect(transport.asked.map(({ endpoint }) => endpoint.certificate)).toEqual(['ab', undefined]);
  });
});

describe('a connection to be passed through', () => {
  it('says which connection could not be made', async () => {
    const answer = new Kubelet(LOCAL, answering(200)).tunnel('/exec/ns/web-0/c?command=true');
    if (answer.kind !== 'tunnel') throw new Error(`a ${answer.kind}`);
    expect(answer.host).toBe('127.70.0.1:10250');
    const error = await refusal(answer.dial());
    expect([error.code, error.message]).toEqual([500, 'error dialing backend: dial tcp 127.70.0.1:10250: connect: connection refused']);
  });
});

describe('nodes/proxy', () => {
  const request = {
    method: 'GET',
    path: '/api/v1/nodes/n1/proxy/stats/summary',
    query: new URLSearchParams('only_cpu=true'),
    headers: { authorization: 'Bearer secret', 'impersonate-user': 'x', accept: '*/*', connection: 'keep-alive', host: 'server' },
    signal: never,
  };

  it('passes a request on, without what tells who asks', async () => {
    const transport = answering(200, '{}');
    const kubelet = (): Kubelet => new Kubelet(LOCAL, transport);
    const answer = await proxyNode({ name: 'https:n1:10250', request, nodes: () => undefined, kubelet });
    expect(transport.asked[0]).toMatchObject({ method: 'GET', target: '/stats/summary?only_cpu=true' });
    expect(transport.asked[0]?.headers).toEqual({ accept: '*/*' });
    expect(answer).toMatchObject({ kind: 'stream', status: 200, headers: { 'content-type': 'text/plain' } });
  });

  it('reaches no other port of a node', async () => {
    const kubelet = (): Kubelet => new Kubelet(LOCAL, answering(200));
    for (const name of ['n1:22', 'http:n1:', 'http:n1:10250'])
      await expect(proxyNode({ name, request, nodes: () => undefined, kubelet })).rejects.toThrow('only the port 10250');
  });

  it('leads to an agent of this process as well', async () => {
    const nodes = () => ({
      logs: async () => {
        throw badRequest('no');
      },
      exec: async () => ({ exitCode: 0 }),
      attach: async () => ({ exitCode: 0 }),
      portForward: async () => undefined,
      handle: async ({ path }: { readonly path: string }) =>
        ({ kind: 'bytes', status: 200, headers: {}, bytes: Buffer.from(path) }) as const,
    });
    const answer = await proxyNode({ name: 'n1', request: { ...request, path: '/api/v1/nodes/n1/proxy/healthz' }, nodes });
    expect(answer.kind === 'bytes' && Buffer.from(answer.bytes).toString()).toBe('/healthz');
  });
});
