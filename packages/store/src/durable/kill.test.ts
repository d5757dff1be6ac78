// Real processes on a real disk, killed while they write.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@holdfast/clock';
import { expect, it } from 'vitest';
import type { SuiteValue } from '../store.suite.ts';
import { openDurableStore } from './durable-store.ts';
import { nodeFileSystem } from './node-file-system.ts';

const ROUNDS = 6;
const CHILD = fileURLToPath(new URL('./crash-child.fixture.ts', import.meta.url));

it('keeps every write that a killed process acknowledged', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-kill-'));
  const random = seededRandom(7);
  const acknowledged = new Map<string, { readonly number: number; readonly revision: number }>();
  let total = 0;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const child = spawn(process.execPath, ['--import', 'tsx', CHILD, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      const lines = await linesUntilKilled(child, 200 + random.int(4000));
      for (const line of lines) {
        const [key = '', number, revision] = line.split(' ');
        acknowledged.set(key, { number: Number(number), revision: Number(revision) });
      }
      total += lines.length;
      const store = await openDurableStore<SuiteValue>({ fileSystem: nodeFileSystem(), folder, random });
      for (const [key, { number, revision }] of acknowledged) {
        const entry = store.get(key);
        const found = Number(entry?.value.text.trim());
        // One write per writer may have been on its way.
        expect([number, number + 1]).toContain(found);
        expect(entry?.modRevision).toBeGreaterThanOrEqual(revision);
        expect(entry?.value.revision).toBe(entry?.modRevision);
      }
      await store.close();
    }
    expect(total).toBeGreaterThan(ROUNDS * 200);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);

/** Kills the process after so many lines, and resolves with all whole lines that it printed. */
async function linesUntilKilled(child: ChildProcess, count: number): Promise<readonly string[]> {
  let text = '';
  let seen = 0;
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    seen += chunk.split('\n').length - 1;
    if (seen >= count) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return text.split('\n').slice(0, -1);
}
