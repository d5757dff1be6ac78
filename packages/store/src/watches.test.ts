import { expect, test } from 'vitest';
import { createMemoryStore } from './memory-store.ts';

const PREFIXES = ['', 'a', 'a/', 'a/b', 'a/b/', 'a/b/c', 'a/b/c/', 'a/b/c/d', 'a/bc/', 'b/', 'b/b/'];
const KEYS = ['a', 'a/b', 'a/b/c', 'a/b/cd', 'a/b/c/d', 'a/b/c/de', 'a/bc/d', 'b/b/c', 'b', 'c/b/c'];

test('a change reaches exactly those whose prefix its key has, however long the prefix is', async () => {
  const store = createMemoryStore<string>();
  const watches = PREFIXES.map((prefix) => ({ prefix, watch: store.watch(prefix, store.revision) }));
  // Two of one prefix, of which one ends early.
  store.watch('a/b/', store.revision).close();
  const written: string[] = [];
  const write = async (key: string): Promise<void> => {
    await store.put(key, () => key);
    written.push(key);
  };
  for (const key of KEYS) await write(key);
  for (const prefix of PREFIXES) await write(`${prefix}~end`);
  for (const { prefix, watch } of watches) {
    const seen: string[] = [];
    for await (const { key } of watch) {
      seen.push(key);
      if (key === `${prefix}~end`) break;
    }
    const wanted = written.filter((key) => key.startsWith(prefix));
    expect(seen, prefix).toEqual(wanted.slice(0, wanted.indexOf(`${prefix}~end`) + 1));
  }
});
