// Writes to the store of the folder it is given until it is killed, and prints each acknowledged write: writer, number, revision.
import { writeSync } from 'node:fs';
import { systemRandom } from '@holdfast/clock';
import type { SuiteValue } from '../store.suite.ts';
import { openDurableStore } from './durable-store.ts';
import { nodeFileSystem } from './node-file-system.ts';

const WRITERS = 16;
const STDOUT = 1;

const store = await openDurableStore<SuiteValue>({
  fileSystem: nodeFileSystem(),
  folder: process.argv[2] ?? '',
  random: systemRandom(),
  compactAfter: 256 * 1024,
});
for (let writer = 0; writer < WRITERS; writer++) void writeOn(`writer/${writer}`);

async function writeOn(key: string): Promise<never> {
  for (;;) {
    const there = store.get(key);
    const number = Number(there?.value.text.trim() ?? '0') + 1;
    const text = String(number).padEnd(500);
    const entry = await store.put(key, (revision) => ({ text, revision }), there?.modRevision ?? 0);
    writeSync(STDOUT, `${key} ${number} ${entry.modRevision}\n`);
  }
}
