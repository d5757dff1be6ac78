// A client that opens a watch and does not read it: cut off, told so when it reads again, and no burden meanwhile.
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { systemRandom } from '@holdfast/clock';
import { expect, it } from 'vitest';
import { embedded, MAPS } from '../core/embedded.fixture.ts';
import { createPki } from '../pki/index.ts';
import { serveHttps } from './serve-https.ts';

const CHANGES = 3000;
const TEXT = 'x'.repeat(16 * 1024);
const MIB = 1024 * 1024;

it('is cut off, and memory stays bounded', { timeout: 60_000 }, async () => {
  const { server, clock, putMap, store } = embedded({ watchLimit: 50, historyLimit: 50 });
  const pki = await createPki({ clock, random: systemRandom() });
  const listener = await serveHttps({ server, host: '127.0.0.1', port: 0, pki, clock });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const { certificate: cert, key } = pki.admin;
    const path = `${MAPS}?watch=true&resourceVersion=${store.revision}`;
    // The certificates are of simulated time.
    const sent = request(
      { host: '127.0.0.1', port: listener.port, path, ca: pki.caCertificate, cert, key, agent: false, rejectUnauthorized: false },
      resolve,
    );
    sent.on('error', reject);
    sent.end();
  });
  response.pause();
  expect(response.statusCode).toBe(200);
  const before = process.memoryUsage();
  for (let n = 0; n < CHANGES; n++) {
    await putMap('a', { n: String(n), text: TEXT });
    if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const after = process.memoryUsage();
  // All changes together are 48 MiB as text and as much again as values; bytes in buffers are what a queue of answers would be.
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(20 * MIB);
  let text = '';
  for await (const chunk of response) text += String(chunk);
  const lines = text.trimEnd().split('\n');
  expect(lines.length).toBeLessThan(CHANGES);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  const revisions = lines
    .slice(0, -1)
    .map((line) => Number((JSON.parse(line) as { object: { metadata: { resourceVersion: string } } }).object.metadata.resourceVersion));
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
  const closing = listener.close();
  await clock.advance(5_000);
  await closing;
});
