import { connect, createServer, type Server } from 'node:net';
import { seededRandom } from '@holdfast/clock';
import type { EndpointSlice } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { backendsOf } from './endpoint-choice.ts';
import { PortForwarder } from './port-forwarder.ts';

const HOST = '127.93.128.1';
const random = seededRandom(1);

/** Answers each connection, once its input has ended, with its name and that input. */
function server(name: string): Promise<{ readonly server: Server; readonly port: number }> {
  const made = createServer({ allowHalfOpen: true }, (socket) => {
    let input = '';
    socket.on('data', (chunk) => {
      input += String(chunk);
    });
    socket.on('end', () => socket.end(`${name}:${input}`));
  });
  return new Promise((resolve) => {
    made.listen(0, '127.93.2.2', () => {
      const address = made.address();
      resolve({ server: made, port: typeof address === 'object' && address ? address.port : 0 });
    });
  });
}

function ask(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port, allowHalfOpen: true });
    let answer = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.on('end', () => resolve(answer));
    socket.end(text);
  });
}

async function freePort(): Promise<number> {
  const { server: made, port } = await server('x');
  await new Promise((resolve) => made.close(resolve));
  return port;
}

describe('PortForwarder', () => {
  it('goes round the endpoints, hands half-closes on, and refuses at once when there is nobody', async () => {
    const [a, b] = await Promise.all([server('a'), server('b')]);
    const port = await freePort();
    const forwarder = new PortForwarder({ host: HOST, port, random, onBindError: (error) => expect.fail(error.message) });
    await expect(ask(port, 'x')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    forwarder.setBackends([a, b].map(({ port: number }) => ({ host: '127.93.2.2', port: number })));
    const answers = [await ask(port, '1'), await ask(port, '2'), await ask(port, '3')];
    expect(answers.toSorted()).toEqual(answers[0]?.startsWith('a') ? ['a:1', 'a:3', 'b:2'] : ['a:2', 'b:1', 'b:3']);
    forwarder.setBackends([{ host: '127.93.2.2', port: b.port }]);
    expect(await ask(port, '4')).toBe('b:4');
    forwarder.setBackends([]);
    await expect(ask(port, 'x')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await forwarder.close();
    a.server.close();
    b.server.close();
  });

  it('says once that a port cannot be bound', async () => {
    const errors: string[] = [];
    const { server: made, port } = await server('taken');
    const forwarder = new PortForwarder({ host: '127.93.2.2', port, random, onBindError: ({ code }) => errors.push(code ?? '') });
    forwarder.setBackends([{ host: '127.93.2.2', port: 1 }]);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    forwarder.setBackends([{ host: '127.93.2.2', port: 2 }]);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(errors).toEqual(['EADDRINUSE']);
    await forwarder.close();
    made.close();
  });
});

describe('backendsOf', () => {
  const slice: EndpointSlice = {
    metadata: {},
    ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
    endpoints: [
      { addresses: ['10.0.0.1'], conditions: { ready: false, serving: true, terminating: true } },
      { addresses: ['10.0.0.2'], conditions: { ready: true } },
    ],
  };
  it('takes ready endpoints, else those that serve while they terminate', () => {
    expect(backendsOf({ name: 'sql', port: 80 }, [slice])).toEqual([{ host: '10.0.0.2', port: 5432 }]);
    expect(backendsOf({ name: 'sql', port: 80 }, [{ ...slice, endpoints: slice.endpoints?.slice(0, 1) }])).toEqual([
      { host: '10.0.0.1', port: 5432 },
    ]);
    expect(backendsOf({ name: 'http', port: 80 }, [slice])).toEqual([]);
  });
});
