import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isAlive, processStart } from './process-identity.ts';
import { createLabFolder, labFolder, listLabNames, readRecord, removeLabFolder, writeJson } from './state-folder.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-state-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('makes a folder and files for the owner alone', () => {
  const folder = labFolder(root, 'one');
  createLabFolder(folder);
  const starter = { pid: 1, processStart: '1' };
  writeJson(folder.record, {
    name: 'one',
    clusterName: 'one',
    config: { nodes: [] },
    createdAt: '',
    ephemeral: false,
    bundles: [],
    starter,
  });
  expect(statSync(folder.path).mode & 0o777).toBe(0o700);
  expect(statSync(folder.record).mode & 0o777).toBe(0o600);
  expect(readRecord(folder)?.name).toBe('one');
  expect(listLabNames(root)).toEqual(['one']);
  removeLabFolder(folder);
  expect(listLabNames(root)).toEqual([]);
});

it('lets one of two commands have a name', () => {
  const folder = labFolder(root, 'one');
  createLabFolder(folder);
  expect(() => createLabFolder(folder)).toThrow(/EEXIST/);
});

it('tells a process from another of its number', () => {
  const start = processStart(process.pid) ?? '';
  expect(isAlive(process.pid, start)).toBe(true);
  expect(isAlive(process.pid, `${start}0`)).toBe(false);
  expect(processStart(2 ** 22 + 1)).toBeUndefined();
});
