import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@holdfast/clock';
import { afterAll, expect, it, vi } from 'vitest';
import type { Environment } from '../environment.ts';
import { runSimulate } from './simulate-run.ts';

const programFolder = mkdtempSync(join(tmpdir(), 'holdfast-simulate-'));
afterAll(() => rmSync(programFolder, { recursive: true }));
const marker = join(programFolder, 'endless');

/** A thread that never has done with seed 3. */
const THREAD = `
import { writeFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
parentPort.on('message', (seed) => {
  if (seed === 3) writeFileSync(${JSON.stringify(marker)}, '');
  while (seed === 3);
  parentPort.postMessage({ seed, violations: [], endMs: 1000 });
});
parentPort.postMessage('ready');
`;

it('goes on without a history that never ends, and tells of it on stderr while stdout has one document', async () => {
  writeFileSync(join(programFolder, 'simulate-worker.mjs'), THREAD);
  const clock = new FakeClock();
  const written = { out: '', err: '' };
  const stream = (to: 'out' | 'err'): NodeJS.WriteStream =>
    ({ write: (part: string) => Boolean((written[to] += part)) }) as NodeJS.WriteStream;
  const environment: Environment = { programFolder, env: {}, clock, stdout: stream('out'), stderr: stream('err') };
  const status = runSimulate(environment, { seed: '1', histories: '5', threads: '1', json: true });
  await vi.waitFor(() => expect(existsSync(marker)).toBe(true), 10_000);
  await clock.advance(120_000);
  expect(await status).toBe(1);
  const message = 'the history did not end within 2 minutes';
  const failures = [{ seed: 3, violations: [{ invariant: 'bugs', atMs: 0, message }], endMs: 0, lost: true }];
  expect(JSON.parse(written.out)).toEqual({ firstSeed: 1, histories: 5, seconds: 120, simulatedSeconds: 4, failures });
  const lines = written.err.split('\n');
  expect(lines[0]).toBe('2 of 5 histories, 0.2 a second, about 15 s left');
  expect(lines).toContain(`seed 3   0:00.000  BROKEN (bugs): ${message}`);
});
