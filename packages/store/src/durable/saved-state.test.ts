import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@holdfast/clock';
import { afterAll, expect, it } from 'vitest';
import type { SuiteValue } from '../store.suite.ts';
import { openDurableStore } from './durable-store.ts';
import { nodeFileSystem } from './node-file-system.ts';
import { readState, writeState } from './saved-state.ts';

const root = mkdtempSync(join(tmpdir(), 'holdfast-saved-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const fileSystem = nodeFileSystem();
const random = seededRandom(1);

it('takes the state out of a store that is being written to, and puts it into another', async () => {
  const store = await openDurableStore<SuiteValue>({ fileSystem, folder: join(root, 'busy'), random, compactAfter: 20_000 });
  const numberOf = (key: string): number => Number(store.get(key)?.value.text.trim() ?? '0');
  let busy = true;
  // Two keys that are written one after the other: at every revision `a` is as far as `b`, or one further.
  const writing = (async () => {
    while (busy) {
      for (const key of ['a', 'b']) {
        const text = String(numberOf(key) + 1).padEnd(200);
        await store.put(key, (revision) => ({ text, revision }));
      }
    }
  })();
  for (let round = 0; round < 10; round++) {
    const acknowledged = store.revision;
    const saved = await readState(fileSystem, join(root, 'busy'), round);
    expect(saved.revision).toBeGreaterThanOrEqual(acknowledged);
    const folder = join(root, `copy-${round}`);
    expect(await writeState(fileSystem, folder, Buffer.concat([...saved.chunks]))).toBe(saved.revision);
    const copy = await openDurableStore<SuiteValue>({ fileSystem, folder, random });
    expect(copy.revision).toBe(saved.revision);
    const [a = 0, b = 0] = ['a', 'b'].map((key) => Number(copy.get(key)?.value.text.trim() ?? '0'));
    expect([0, 1]).toContain(a - b);
    await copy.close();
  }
  busy = false;
  await writing;
  await store.close();
});

it('refuses what is damaged, cut short, or would replace a state', async () => {
  const folder = join(root, 'one');
  const store = await openDurableStore<SuiteValue>({ fileSystem, folder, random });
  await store.put('a', (revision) => ({ text: 'x'.repeat(100), revision }));
  await store.close();
  const bytes = Buffer.concat([...(await readState(fileSystem, folder, 1)).chunks]);
  const damaged = Buffer.from(bytes);
  damaged[100]! ^= 1;
  await expect(writeState(fileSystem, join(root, 'two'), damaged)).rejects.toThrow('the saved state is damaged at byte');
  await expect(writeState(fileSystem, join(root, 'two'), bytes.subarray(0, -1))).rejects.toThrow('the saved state is damaged');
  await expect(writeState(fileSystem, folder, bytes)).rejects.toThrow('already holds a state');
  expect(await writeState(fileSystem, join(root, 'two'), bytes)).toBe(2);
});
