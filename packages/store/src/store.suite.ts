// What every store must do, as tests: each implementation runs this suite.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Store, StoreEvent, StoreWatch } from './store.ts';
import { CompactedError, RevisionConflict } from './store.ts';

/** A stored value in the suite: its text and the revision that it was stamped with. */
export interface SuiteValue {
  readonly text: string;
  readonly revision: number;
}

/** Options of the suite. `create` makes an empty store that remembers about `historyLimit` changes. */
export interface StoreSuiteOptions {
  readonly create: (options?: {
    readonly historyLimit?: number;
    readonly watchLimit?: number;
  }) => Promise<Store<SuiteValue>> | Store<SuiteValue>;
  readonly skip?: readonly { readonly test: string; readonly reason: string }[];
}

const value =
  (text: string) =>
  (revision: number): SuiteValue => ({ text, revision });

/** Declares the tests. */
export function runStoreSuite({ create, skip = [] }: StoreSuiteOptions): void {
  const stores: Store<SuiteValue>[] = [];
  const fresh: StoreSuiteOptions['create'] = async (options) => {
    const store = await create(options);
    stores.push(store);
    return store;
  };
  const test = (name: string, body: () => Promise<void>): void => {
    const skipped = skip.find((s) => s.test === name);
    const declare = skipped ? it.skip : it;
    declare(skipped ? `${name} (${skipped.reason})` : name, body);
  };
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  describe('writes', () => {
    test('stamp values with the revision that they get', async () => {
      const store = await fresh();
      const before = store.revision;
      expect(before).toBeGreaterThanOrEqual(1);
      const entry = await store.put('a/x', value('1'), 0);
      expect(entry).toMatchObject({
        key: 'a/x',
        modRevision: before + 1,
        createRevision: before + 1,
        value: { text: '1', revision: before + 1 },
      });
      expect(store.revision).toBe(before + 1);
      expect(store.get('a/x')?.value.text).toBe('1');
      const second = await store.put('a/x', value('2'), entry.modRevision);
      expect(second).toMatchObject({ modRevision: before + 2, createRevision: before + 1 });
      expect(JSON.parse(Buffer.from(second.encoded()).toString())).toEqual(second.value);
    });

    test('compare and swap', async () => {
      const store = await fresh();
      const entry = await store.put('a/x', value('1'));
      await expect(store.put('a/x', value('2'), 0)).rejects.toThrow(RevisionConflict);
      await expect(store.put('a/y', value('2'), 7)).rejects.toMatchObject({ key: 'a/y', actual: 0 });
      await expect(store.delete('a/x', value('2'), entry.modRevision + 1)).rejects.toMatchObject({ actual: entry.modRevision });
      await expect(store.delete('a/y', value('2'))).rejects.toThrow(RevisionConflict);
      expect(store.revision).toBe(entry.modRevision);
      const last = await store.delete('a/x', value('gone'), entry.modRevision);
      expect(last.value).toEqual({ text: 'gone', revision: entry.modRevision + 1 });
      expect(store.get('a/x')).toBeUndefined();
    });

    test('that fail while making the value take no revision', async () => {
      const store = await fresh();
      const { revision } = store;
      const refuse = (): never => {
        throw new Error('no');
      };
      await expect(store.put('a/x', refuse)).rejects.toThrow('no');
      expect(store.revision).toBe(revision);
      expect((await store.put('a/x', value('1'))).modRevision).toBe(revision + 1);
    });

    test('of many callers at once lose nothing', async () => {
      const store = await fresh();
      await store.put('n', value('0'));
      const increment = async (): Promise<void> => {
        for (;;) {
          const entry = store.get('n')!;
          try {
            await store.put('n', value(String(Number(entry.value.text) + 1)), entry.modRevision);
            return;
          } catch (error) {
            if (!(error instanceof RevisionConflict)) throw error;
          }
        }
      };
      await Promise.all(Array.from({ length: 50 }, increment));
      expect(store.get('n')?.value.text).toBe('50');
    });
  });

  describe('lists', () => {
    test('are in key order, by prefix and in pages of one revision', async () => {
      const store = await fresh();
      for (const name of ['b', 'a-b', 'a', 'c']) await store.put(`pods/${name}/x`, value(name));
      await store.put('pod/other', value('other'));
      await store.put('podsx/other', value('other'));
      expect(store.list('pods/').entries.map((e) => e.key)).toEqual(['pods/a-b/x', 'pods/a/x', 'pods/b/x', 'pods/c/x']);
      expect(store.count('pods/')).toBe(4);
      expect(store.count('none/')).toBe(0);
      const first = store.list('pods/', { limit: 2 });
      expect(first).toMatchObject({ next: 'pods/a/x', remaining: 2, revision: store.revision });
      await store.put('pods/b/x', value('changed'));
      await store.delete('pods/c/x', value('gone'));
      const second = store.list('pods/', { limit: 2, revision: first.revision, after: first.next ?? '' });
      expect(second.entries.map((e) => e.value.text)).toEqual(['b', 'c']);
      expect(second.next).toBeUndefined();
    });

    test('at a forgotten revision are refused', async () => {
      const store = await fresh();
      for (let i = 0; i < 5; i++) await store.put('a', value(String(i)));
      store.compact(store.revision - 1);
      expect(store.list('', { revision: store.revision - 1 }).entries[0]?.value.text).toBe('3');
      expect(() => store.list('', { revision: store.revision - 2 })).toThrow(CompactedError);
    });
  });

  describe('watches', () => {
    test('give every change after the revision once, in order', async () => {
      const store = await fresh();
      const start = store.revision;
      await store.put('a/x', value('1'));
      const watch = store.watch('a/', start);
      await store.put('b/x', value('other'));
      await store.put('a/x', value('2'));
      await store.delete('a/x', value('3'));
      const events = await take(watch, 3);
      expect(events.map((e) => [e.type, e.revision, e.entry.value.text, e.previous?.value.text])).toEqual([
        ['put', start + 1, '1', undefined],
        ['put', start + 3, '2', '1'],
        ['delete', start + 4, '3', '2'],
      ]);
    });

    test('wait for changes, also from a future revision, and end when closed', async () => {
      const store = await fresh();
      const watch = store.watch('', store.revision + 1);
      const events = take(watch, 1);
      await store.put('a', value('skipped'));
      await store.put('b', value('seen'));
      expect((await events)[0]?.key).toBe('b');
      const idle = take(store.watch('', store.revision), 1);
      await store.close();
      expect(await idle).toEqual([]);
    });

    test('that are finished give what has happened, and end', async () => {
      const store = await fresh();
      const [behind, idle] = [store.watch('', store.revision), store.watch('', store.revision + 2)];
      const waiting = take(idle, 1);
      await store.put('a', value('1'));
      await store.put('b', value('2'));
      behind.finish();
      idle.finish();
      await store.put('c', value('unseen'));
      expect(await waiting).toEqual([]);
      expect((await take(behind, 3)).map(({ key }) => key)).toEqual(['a', 'b']);
      expect(await take(behind, 1)).toEqual([]);
      const closed = store.watch('', store.revision - 1);
      closed.finish();
      closed.close();
      expect(await take(closed, 1)).toEqual([]);
    });

    test('of a reader that goes while it waits end at once', async () => {
      const store = await fresh();
      const events = store.watch('', store.revision)[Symbol.asyncIterator]();
      const waiting = events.next();
      await events.return?.();
      expect(await waiting).toEqual({ done: true, value: undefined });
      await store.put('a', value('unseen'));
      expect(await events.next()).toEqual({ done: true, value: undefined });
    });

    test('from a forgotten revision are refused', async () => {
      const store = await fresh({ historyLimit: 10 });
      const start = store.revision;
      for (let i = 0; i < 3000; i++) await store.put('a', value(String(i)));
      expect(() => store.watch('', start)).toThrow(CompactedError);
      expect(await take(store.watch('', store.revision - 2), 2)).toHaveLength(2);
    });

    test('of a reader that is too slow end', async () => {
      const store = await fresh({ watchLimit: 5 });
      const watch = store.watch('', store.revision);
      for (let i = 0; i < 7; i++) await store.put('a', value(String(i)));
      await expect(take(watch, 1)).rejects.toThrow(CompactedError);
    });
  });

  test('marks come after what had happened, and never go back', async () => {
    const store = await fresh();
    const watch = store.watch('a/', store.revision);
    await store.put('a/x', value('1'));
    await store.put('b/x', value('elsewhere'));
    watch.mark();
    await store.put('a/x', value('2'));
    const { revision } = store;
    const seen: [string, number][] = [];
    for await (const event of watch.withMarks()) {
      seen.push([event.type, event.revision]);
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([
      ['put', revision - 2],
      ['mark', revision - 1],
      ['put', revision],
    ]);
  });

  test('agrees with a model', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), fc.nat(59), async (commands, watchedFrom) => {
        await checkAgainstModel(await fresh(), commands, watchedFrom);
      }),
      { numRuns: 60 },
    );
  });
}

interface Command {
  readonly key: string;
  readonly remove: boolean;
  /** 0: expect what is there; 1: expect a wrong revision; 2: expect nothing in particular. */
  readonly expecting: number;
}

const command: fc.Arbitrary<Command> = fc.record({
  key: fc.constantFrom('a/1', 'a/2', 'a/x/1', 'a/x/2', 'a/xy/1', 'a-b/1', 'b/1', 'b/2'),
  remove: fc.boolean(),
  expecting: fc.nat(2),
});

/** Runs the commands on the store and on a Map, then compares every revision's list and the changes of a watch. */
async function checkAgainstModel(store: Store<SuiteValue>, commands: readonly Command[], watchedFrom: number): Promise<void> {
  const states: { readonly revision: number; readonly keys: ReadonlyMap<string, number> }[] = [
    { revision: store.revision, keys: new Map() },
  ];
  for (const { key, remove, expecting } of commands) {
    const { revision, keys } = states.at(-1)!;
    const there = keys.get(key) ?? 0;
    const expected = expecting === 0 ? there : expecting === 1 ? there + 1 : undefined;
    const write = remove ? store.delete(key, value(key), expected) : store.put(key, value(key), expected);
    if (expecting === 1 || (remove && there === 0)) {
      await expect(write).rejects.toThrow(RevisionConflict);
      continue;
    }
    expect((await write).modRevision).toBe(revision + 1);
    const next = new Map(keys);
    if (remove) next.delete(key);
    else next.set(key, revision + 1);
    states.push({ revision: revision + 1, keys: next });
  }
  for (const prefix of ['', 'a', 'a/', 'a/x', 'a/x/', 'a/xy/', 'b/']) {
    for (const { revision, keys } of states) {
      const wanted = [...keys].filter(([key]) => key.startsWith(prefix)).sort(([x], [y]) => (x < y ? -1 : 1));
      expect(store.list(prefix, { revision }).entries.map((e) => [e.key, e.modRevision])).toEqual(wanted);
      expect(pagesOf(store, prefix, revision)).toEqual(wanted.map(([key]) => key));
    }
    expect(store.count(prefix)).toBe(store.list(prefix).entries.length);
  }
  const from = states[Math.min(watchedFrom, states.length - 1)]!;
  const replayed = new Map([...from.keys].filter(([key]) => key.startsWith('a')));
  const events = store.list('a').revision > from.revision ? await drain(store, 'a', from.revision) : [];
  for (const event of events) {
    if (event.type === 'delete') replayed.delete(event.key);
    else replayed.set(event.key, event.revision);
  }
  expect(replayed).toEqual(new Map([...states.at(-1)!.keys].filter(([key]) => key.startsWith('a'))));
}

function pagesOf(store: Store<SuiteValue>, prefix: string, revision: number): readonly string[] {
  const keys: string[] = [];
  let after: string | undefined;
  do {
    const page = store.list(prefix, { revision, limit: 2, ...(after === undefined ? {} : { after }) });
    keys.push(...page.entries.map((e) => e.key));
    after = page.next;
  } while (after !== undefined);
  return keys;
}

/** The changes up to now: a last write marks the end. */
async function drain(store: Store<SuiteValue>, prefix: string, after: number): Promise<readonly StoreEvent<SuiteValue>[]> {
  const watch = store.watch(prefix, after);
  await store.put(`${prefix}~end`, value('end'));
  const events: StoreEvent<SuiteValue>[] = [];
  for await (const event of watch) {
    if (event.key.endsWith('~end')) break;
    events.push(event);
  }
  return events;
}

async function take(watch: StoreWatch<SuiteValue>, count: number): Promise<readonly StoreEvent<SuiteValue>[]> {
  const events: StoreEvent<SuiteValue>[] = [];
  for await (const event of watch) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}
