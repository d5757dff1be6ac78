// Forwarded ports over plain WebSocket messages.
import type { NodeStreams } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { runningPod, startSurface, type Surface } from './surface.fixture.ts';

/** Port 80 answers in capitals; nobody listens at any other. */
const node: NodeStreams = {
  logs: () => Promise.reject(new Error('not here')),
  exec: () => Promise.reject(new Error('not here')),
  attach: () => Promise.reject(new Error('not here')),
  async portForward(_pod, port, { input, output }) {
    if (port !== 80) throw new Error('connection refused');
    for await (const chunk of input) {
      const text = Buffer.from(chunk).toString();
      await output(Buffer.from(text.toUpperCase()));
      if (text.endsWith('.')) return;
    }
  },
};

/** What comes over each channel until the server closes, after `sent` was sent on channel 0; or why there was no connection. */
function forward({ pki, port }: Surface, query: string, sent: readonly string[]): Promise<Record<number, string> | string> {
  return new Promise((resolve) => {
    const url = `wss://127.0.0.1:${port}/api/v1/namespaces/default/pods/web-0/portforward?${query}`;
    const socket = new WebSocket(url, 'v4.channel.k8s.io', { ca: pki.caCertificate, cert: pki.admin.certificate, key: pki.admin.key });
    const channels: Record<number, string> = {};
    socket.on('open', () => {
      for (const text of sent) socket.send(Buffer.concat([Uint8Array.of(0), Buffer.from(text)]));
    });
    socket.on('message', (data: Buffer) => {
      const channel = data[0] ?? -1;
      channels[channel] = (channels[channel] ?? '') + data.toString('latin1', 1);
    });
    socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(text));
    });
    socket.on('close', () => resolve(channels));
    socket.on('error', () => undefined);
  });
}

describe('ports over channels', () => {
  it('begin with their numbers, carry data, and say what went wrong', async () => {
    await using surface = await startSurface({ objects: { pods: [runningPod('web-0')] }, node });
    const channels = await forward(surface, 'ports=80,8080', ['one ', 'two.']);
    expect(channels).toEqual({ 0: 'P\0ONE TWO.', 1: 'P\0', 2: '\x90\x1f', 3: '\x90\x1fconnection refused' });
    expect(surface.bugs).toEqual([]);
  });

  it.each([
    ['', 'query parameter \\"ports\\" is required'],
    ['ports=0', 'is no port'],
    ['ports=x', 'is no port'],
    ['ports=99999', 'is no port'],
  ])('are refused with the query %j', async (query, message) => {
    await using surface = await startSurface({ objects: { pods: [runningPod('web-0')] }, node });
    expect(await forward(surface, query, [])).toContain(message);
  });
});
