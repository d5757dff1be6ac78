import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@holdfast/clock';
import { afterAll, describe, expect, it } from 'vitest';
import { runStoreSuite, type SuiteValue } from '../store.suite.ts';
import { StoreUnavailable } from '../store.ts';
import { openDurableStore } from './durable-store.ts';
import { nodeFileSystem } from './node-file-system.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { type Operation, simulatedFileSystem } from './simulated-file-system.ts';

const root = mkdtempSync(join(tmpdir(), 'holdfast-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const text =
  (value: string) =>
  (revision: number): SuiteValue => ({ text: value, revision });

describe('durable store on the machine', () => {
  let count = 0;
  runStoreSuite({
    create: (options) =>
      openDurableStore<SuiteValue>({
        ...options,
        fileSystem: nodeFileSystem(),
        folder: join(root, String((count += 1))),
        random: seededRandom(1),
        compactAfter: 4096,
      }),
  });
});

describe('durable store in simulation', () => {
  runStoreSuite({
    create: (options) => {
      const random = seededRandom(1);
      return openDurableStore<SuiteValue>({
        ...options,
        fileSystem: simulatedFileSystem({ disk: new SimulatedDisk(), random }),
        folder: 'state',
        random,
        compactAfter: 2048,
      });
    },
  });
});

it('opens with what was written, its revision and its history', async () => {
  const folder = join(root, 'again');
  const open = (): ReturnType<typeof openDurableStore<SuiteValue>> =>
    openDurableStore({ fileSystem: nodeFileSystem(), folder, random: seededRandom(1) });
  const store = await open();
  const first = await store.put('a/x', text('1'));
  await store.put('a/y', text('2'));
  await store.delete('a/y', text('gone'));
  await store.put('a/x', text('3'));
  const { revision } = store;
  await store.close();
  const again = await open();
  expect(again.revision).toBe(revision);
  expect(again.list('').entries.map((e) => [e.key, e.value, e.createRevision])).toEqual([
    ['a/x', { text: '3', revision }, first.createRevision],
  ]);
  expect(again.list('', { revision: revision - 1 }).entries.map((e) => e.value.text)).toEqual(['1']);
  await again.close();
});

it('lets one process have a folder at a time', async () => {
  const options = { fileSystem: nodeFileSystem(), folder: join(root, 'locked'), random: seededRandom(1) };
  const store = await openDurableStore<SuiteValue>(options);
  await expect(openDurableStore(options)).rejects.toThrow('is in use by another process');
  await store.close();
  await (await openDurableStore<SuiteValue>(options)).close();
});

it('shows a write to nobody before it is on disk', async () => {
  const random = seededRandom(1);
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const real = simulatedFileSystem({ disk: new SimulatedDisk(), random });
  let hold = false;
  const store = await openDurableStore<SuiteValue>({
    fileSystem: {
      ...real,
      open: async (path, options) => {
        const file = await real.open(path, options);
        return { ...file, sync: async () => (hold ? held.then(() => file.sync()) : file.sync()) };
      },
    },
    folder: 'state',
    random,
  });
  hold = true;
  const before = store.revision;
  const seen: number[] = [];
  const watch = store.watch('', before);
  const watching = (async () => {
    for await (const event of watch) seen.push(event.revision);
  })();
  const write = store.put('a', text('1'));
  const conflicting = store.put('a', text('2'), 0).catch((error: unknown) => error);
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect([store.revision, store.get('a'), store.count(''), seen]).toEqual([before, undefined, 0, []]);
  release();
  await write;
  // Who is told of a conflict can read what it conflicts with.
  expect(await conflicting).toMatchObject({ name: 'RevisionConflict', actual: before + 1 });
  expect(store.get('a')?.value.text).toBe('1');
  await store.close();
  await watching;
  expect(seen).toEqual([before + 1]);
});

describe('a disk that', () => {
  const setUp = async (): Promise<{
    readonly store: Awaited<ReturnType<typeof openDurableStore<SuiteValue>>>;
    readonly disk: SimulatedDisk;
    readonly fail: (operation: Operation | undefined, code?: 'EIO' | 'ENOSPC') => void;
  }> => {
    let failing: Operation | undefined;
    let with_: 'EIO' | 'ENOSPC' = 'EIO';
    const disk = new SimulatedDisk();
    const random = seededRandom(2);
    const fault = (operation: Operation): 'EIO' | 'ENOSPC' | undefined => (operation === failing ? with_ : undefined);
    const store = await openDurableStore<SuiteValue>({
      fileSystem: simulatedFileSystem({ disk, random, fault }),
      folder: 'state',
      random,
    });
    await store.put('a', text('before'));
    return {
      store,
      disk,
      fail: (operation, code = 'EIO') => {
        failing = operation;
        with_ = code;
      },
    };
  };
  const reopen = (disk: SimulatedDisk): ReturnType<typeof openDurableStore<SuiteValue>> => {
    const random = seededRandom(3);
    disk.crash(random);
    return openDurableStore({ fileSystem: simulatedFileSystem({ disk, random }), folder: 'state', random });
  };

  it('is full refuses writes, says so, and takes them again when there is room', async () => {
    const { store, disk, fail } = await setUp();
    fail('write', 'ENOSPC');
    const { revision } = store;
    const writes = [store.put('a', text('lost')), store.put('b', text('lost'))];
    for (const write of writes) await expect(write).rejects.toMatchObject({ name: 'StoreUnavailable', outcome: 'refused' });
    expect(store.problem).toContain('the disk is full');
    expect([store.revision, store.get('a')?.value.text, store.get('b')]).toEqual([revision, 'before', undefined]);
    fail(undefined);
    expect((await store.put('c', text('after'))).modRevision).toBe(revision + 1);
    expect(store.problem).toBeUndefined();
    const again = await reopen(disk);
    expect(again.list('').entries.map((e) => e.value.text)).toEqual(['before', 'after']);
  });

  it('fails makes the store read-only for good, and it says so', async () => {
    const { store, disk, fail } = await setUp();
    fail('sync');
    const failed = store.put('a', text('perhaps'));
    await expect(failed).rejects.toMatchObject({ outcome: 'unknown' });
    fail(undefined);
    await expect(store.put('b', text('never'))).rejects.toThrow(StoreUnavailable);
    expect(store.problem).toContain('EIO');
    expect(store.get('a')?.value.text).toBe('before');
    const again = await reopen(disk);
    expect(again.get('b')).toBeUndefined();
    expect(['before', 'perhaps']).toContain(again.get('a')?.value.text);
    expect((await again.put('b', text('now'))).value.text).toBe('now');
  });

  it('was damaged where no crash can have done it is not opened', async () => {
    const { store, disk } = await setUp();
    await store.put('b', text('x'.repeat(2000)));
    await store.put('c', text('3'));
    await store.close();
    const log = disk.find('state/log-0000000000000002');
    log?.change({ position: 300, bytes: Uint8Array.of(1, 2, 3) });
    log?.sync();
    await expect(reopen(disk)).rejects.toThrow(/log-0000000000000002 is damaged at byte \d+: its checksum does not match/);
  });
});
