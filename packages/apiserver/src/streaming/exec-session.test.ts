// When a session begins. The clients here are made by hand: kubectl's own way of beginning depends on how its threads are run.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { FakeClock } from '@holdfast/clock';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { chooseSubprotocol, CHANNEL } from './channels.ts';
import { runExecSession } from './exec-session.ts';

const opened: Disposable[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each[Symbol.dispose]();
});

/** A client that answers pings when it is told to, and a session with it of a command that says `out`. */
async function connected(): Promise<Pair> {
  const clock = new FakeClock();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'v5.channel.k8s.io' });
  await once(server, 'listening');
  const asked = once(server, 'connection') as Promise<[WebSocket]>;
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, 'v5.channel.k8s.io', { autoPong: false });
  const received: [number, string][] = [];
  client.on('message', (data: Buffer) => received.push([data[0] ?? -1, data.toString('utf8', 1)]));
  const pinged = once(client, 'ping');
  const [socket] = await asked;
  const subprotocol = chooseSubprotocol(['v5.channel.k8s.io']);
  if (!subprotocol) throw new Error('v5 is spoken');
  let started = 0;
  const options = { stdin: true, stdout: true, stderr: true, tty: false };
  const session = runExecSession({
    socket,
    subprotocol,
    options,
    clock,
    start: async ({ stdout }) => {
      started += 1;
      await stdout(Buffer.from('out'));
      return { exitCode: 0 };
    },
    onBug: (error) => {
      throw error;
    },
  });
  opened.push({
    [Symbol.dispose]: () => {
      client.terminate();
      server.close();
    },
  });
  await pinged;
  return { clock, client, socket, session, received, started: () => started };
}

interface Pair {
  readonly clock: FakeClock;
  readonly client: WebSocket;
  /** The server's end. */
  readonly socket: WebSocket;
  readonly session: Promise<void>;
  readonly received: readonly (readonly [number, string])[];
  readonly started: () => number;
}

const SUCCESS = JSON.stringify({ metadata: {}, status: 'Success' });
const WHOLE = [
  [CHANNEL.stdout, ''],
  [CHANNEL.stdout, 'out'],
  [CHANNEL.error, SUCCESS],
];

describe('a session', () => {
  it('begins a moment after its client has shown that it reads: kubectl makes its streams while it begins to read', async () => {
    const { clock, client, socket, received, started } = await connected();
    await clock.advance(900);
    expect([started(), received]).toEqual([0, []]);
    const answered = once(socket, 'pong');
    client.pong();
    await answered;
    await clock.advance(24);
    expect([started(), received]).toEqual([0, []]);
    const closed = once(client, 'close');
    await clock.advance(1);
    await closed;
    expect(received).toEqual(WHOLE);
  });

  it('begins at once when its client has sent something: its streams are there', async () => {
    const { client, received } = await connected();
    const closed = once(client, 'close');
    client.send(Uint8Array.of(CHANNEL.stdin));
    await closed;
    expect(received).toEqual(WHOLE);
  });

  it('begins without a sign after a second: some clients answer pings only when their program reads', async () => {
    const { clock, client, received, started } = await connected();
    await clock.advance(999);
    expect(started()).toBe(0);
    const closed = once(client, 'close');
    await clock.advance(1);
    await closed;
    expect(received).toEqual(WHOLE);
  });

  it('does not begin when its client has gone', async () => {
    const { clock, client, session, started } = await connected();
    client.terminate();
    await session;
    await clock.advance(60_000);
    expect(started()).toBe(0);
  });
});
