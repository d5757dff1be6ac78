import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeClock } from '@holdfast/clock';
import { PODS, StatusError } from '@holdfast/schema';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createClient } from '../create-client.ts';
import { jsonLines } from './json-lines.ts';
import { httpsTransport } from './transport.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

async function serve(answer: Answer): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => void answer(request, response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

const key = { namespace: 'default', name: 'web-0' };

describe('httpsTransport', () => {
  test('sends path, query, token and body; a refusal is a StatusError', async () => {
    const seen: string[] = [];
    const { url } = await serve(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${request.headers['content-type']} ${body}`);
      json(response, 404, {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'pods "web-0" not found',
        reason: 'NotFound',
        code: 404,
      });
    });
    const client = createClient(httpsTransport({ server: `${url}/prefix`, token: 'secret' }));
    const attempt = client.patch(PODS, key, { type: 'merge', body: { a: 1 } }, { fieldManager: 'me', subresource: 'status' });
    await expect(attempt).rejects.toBeInstanceOf(StatusError);
    await expect(attempt).rejects.toMatchObject({ reason: 'NotFound', code: 404 });
    expect(seen).toEqual([
      'PATCH /prefix/api/v1/namespaces/default/pods/web-0/status?fieldManager=me Bearer secret application/merge-patch+json {"a":1}',
    ]);
  });

  test('a proxy that knows no Status is understood', async () => {
    const { url } = await serve((_request, response) => response.writeHead(503, { 'content-type': 'text/html' }).end('upstream down'));
    await expect(createClient(httpsTransport({ server: url })).get(PODS, key)).rejects.toMatchObject({
      reason: 'ServiceUnavailable',
      message: 'upstream down',
    });
  });

  test('an unreachable server is named', async () => {
    const { url, server } = await serve(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    await expect(createClient(httpsTransport({ server: url })).get(PODS, key)).rejects.toThrow(`cannot reach the API server at ${url}`);
  });

  test('waits and asks again when the server says Retry-After', async () => {
    let asked = 0;
    const { url } = await serve((_request, response) => {
      asked++;
      if (asked === 1) json(response, 429, { kind: 'Status', status: 'Failure' }, { 'retry-after': '3' });
      else json(response, 200, { metadata: { name: 'web-0' } });
    });
    const clock = new FakeClock();
    const pod = createClient(httpsTransport({ server: url, clock })).get(PODS, key);
    await expect.poll(() => clock.nextDue()).toBe(clock.now() + 3000);
    await clock.advance(3000);
    expect((await pod).metadata.name).toBe('web-0');
  });

  test('watches line by line; an ERROR frame is thrown; leaving early closes the connection', async () => {
    let closed = 0;
    const { url } = await serve((request, response) => {
      response.on('close', () => closed++);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(
        '{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"}}}\n{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"5"}}}\n',
      );
      if (request.url?.includes('resourceVersion=1'))
        response.end('{"type":"ERROR","object":{"kind":"Status","status":"Failure","reason":"Expired","code":410,"message":"too old"}}\n');
    });
    const client = createClient(httpsTransport({ server: url }));
    for await (const event of client.watch(PODS)) {
      expect(event).toEqual({ type: 'ADDED', object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', resourceVersion: '1' } } });
      break;
    }
    await expect.poll(() => closed).toBe(1);
    const events: unknown[] = [];
    const reading = (async () => {
      for await (const event of client.watch(PODS, { resourceVersion: '1' })) events.push(event);
    })();
    await expect(reading).rejects.toMatchObject({ code: 410, reason: 'Expired' });
    expect(events.at(-1)).toEqual({ type: 'BOOKMARK', resourceVersion: '5' });
  });

  test('aborting a request rejects with the reason of the signal', async () => {
    const { url } = await serve(() => undefined);
    const controller = new AbortController();
    const attempt = createClient(httpsTransport({ server: url })).get(PODS, key, { signal: controller.signal });
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(attempt).rejects.toThrow('enough');
  });
});

describe('exec', () => {
  /** Serves one exec: sends the messages of `script`, then what `onMessage` answers. */
  async function execServer(handle: (socket: WebSocket, request: IncomingMessage) => void): Promise<string> {
    const { url, server } = await serve((_request, response) => json(response, 404, {}));
    const sockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (protocols) => (protocols.has('v5.channel.k8s.io') ? 'v5.channel.k8s.io' : false),
    });
    server.on('upgrade', (request, socket, head) => {
      if (request.url?.includes('refused')) {
        const body = JSON.stringify({
          kind: 'Status',
          status: 'Failure',
          reason: 'NotFound',
          message: 'pods "refused" not found',
          code: 404,
        });
        socket.end(`HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
        return;
      }
      sockets.handleUpgrade(request, socket, head, (webSocket) => handle(webSocket, request));
    });
    return url;
  }

  const message = (channel: number, text = ''): Buffer => Buffer.concat([Buffer.of(channel), Buffer.from(text)]);
  const collect = (): { readonly parts: string[]; readonly add: (chunk: Uint8Array) => void } => {
    const parts: string[] = [];
    return { parts, add: (chunk) => void parts.push(Buffer.from(chunk).toString()) };
  };

  test('streams both ways and returns the exit code', async () => {
    const url = await execServer((socket, request) => {
      expect(new URL(request.url ?? '', 'http://x').searchParams.getAll('command')).toEqual(['cat', '-n']);
      socket.send(message(1));
      const input: string[] = [];
      socket.on('message', (data: Buffer) => {
        if (data[0] === 0) input.push(data.subarray(1).toString());
        if (data[0] !== 255) return;
        socket.send(message(1, `read ${input.join('')}`));
        socket.send(message(2, 'warning'));
        const details = { causes: [{ reason: 'ExitCode', message: '42' }] };
        socket.send(
          message(
            3,
            JSON.stringify({
              metadata: {},
              status: 'Failure',
              reason: 'NonZeroExitCode',
              message: 'command terminated with non-zero exit code',
              details,
            }),
          ),
        );
        socket.close(1000);
      });
    });
    async function* stdin(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('some ');
      yield Buffer.from('text');
    }
    const [out, err] = [collect(), collect()];
    const client = createClient(httpsTransport({ server: url }));
    const signal = new AbortController().signal;
    const result = await client.exec(key, {
      command: ['cat', '-n'],
      container: 'db',
      stdin: stdin(),
      stdout: out.add,
      stderr: err.add,
      signal,
    });
    expect(result).toEqual({ exitCode: 42 });
    expect([out.parts.join(''), err.parts.join('')]).toEqual(['read some text', 'warning']);
  });

  test('success, refusal and a lost connection', async () => {
    const url = await execServer((socket, request) => {
      if (request.url?.includes('lost')) socket.terminate();
      else {
        socket.send(message(3, '{"metadata":{},"status":"Success"}'));
        socket.close(1000);
      }
    });
    const client = createClient(httpsTransport({ server: url }));
    const sink = collect();
    const run = (name: string): Promise<unknown> =>
      client.exec(
        { namespace: 'default', name },
        { command: ['true'], stdout: sink.add, stderr: sink.add, signal: new AbortController().signal },
      );
    expect(await run('web-0')).toEqual({ exitCode: 0 });
    await expect(run('refused')).rejects.toMatchObject({ reason: 'NotFound', message: 'pods "refused" not found' });
    await expect(run('lost')).rejects.toThrow('the connection to the container was lost');
  });
});

test('jsonLines is independent of how the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), fc.array(fc.nat(200)), async (values, cuts) => {
      const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
      const at = [...new Set(cuts.map((cut) => Math.min(cut, bytes.length))), bytes.length].toSorted((a, b) => a - b);
      async function* chunks(): AsyncGenerator<Uint8Array> {
        let start = 0;
        for (const end of at) {
          yield bytes.subarray(start, end);
          start = end;
        }
      }
      const read: unknown[] = [];
      for await (const value of jsonLines(chunks())) read.push(value);
      expect(JSON.stringify(read)).toBe(JSON.stringify(values));
    }),
  );
});
