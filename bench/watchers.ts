// Thousands of watchers of one kind: what they weigh, and what one write to all of them costs.
// Run: npm run bench -- watchers
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from './server-under-test.ts';

const WATCHERS = 5_000;
/** As Go's HTTP/2 client does, many streams share a connection. */
const SESSIONS = 50;
const WRITES = 20;
const PATH = '/api/v1/namespaces/default/configmaps';

/** Memory per watcher, and CPU of the server per event that a watcher is sent. */
export async function watcherFigures(): Promise<Readonly<Record<string, number>>> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const server = await startServer(join(folder, 'state'));
  const { port, caCertificate: ca, admin } = server;
  const sessions = Array.from({ length: SESSIONS }, () =>
    connect(`https://127.0.0.1:${port}`, { ca, cert: admin.certificate, key: admin.key, settings: { initialWindowSize: 1 << 20 } }),
  );
  try {
    const before = await server.figures();
    let events = 0;
    let wake: () => void = () => undefined;
    const opened = sessions.map(async (session) => {
      // Without this the connection's own window fills up before those of its streams.
      session.once('connect', () => session.setLocalWindowSize(64 << 20));
      await Promise.all(
        Array.from({ length: WATCHERS / SESSIONS }, () =>
          watch(session, () => {
            events++;
            wake();
          }),
        ),
      );
    });
    await Promise.all(opened);
    const idle = await server.figures();
    const started = performance.now();
    for (let write = 1; write <= WRITES; write++) {
      await server.ask('POST', PATH, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `map-${write}` },
        data: { text: 'x'.repeat(1024) },
      });
      while (events < write * WATCHERS) await new Promise<void>((resolve) => (wake = resolve));
    }
    const ms = performance.now() - started;
    const after = await server.figures();
    return {
      'KiB per watcher': ((idle.rssMiB - before.rssMiB) * 1024) / WATCHERS,
      [`ms until ${WATCHERS} watchers have an event`]: ms / WRITES,
      'cpu µs per event sent': ((after.cpuMs - idle.cpuMs) * 1000) / (WRITES * WATCHERS),
    };
  } finally {
    for (const session of sessions) session.destroy();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves once the watch is answered; `onEvent` is called for each event after. */
async function watch(session: ClientHttp2Session, onEvent: () => void): Promise<void> {
  const stream = session.request({ ':path': `${PATH}?watch=true` });
  stream.on('error', () => undefined);
  // An event of this measurement is one line.
  stream.on('data', (chunk: Buffer) => {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) onEvent();
  });
  await once(stream, 'response');
}
