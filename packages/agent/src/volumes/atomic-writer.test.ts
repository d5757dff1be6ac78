import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../test/test-bundle.ts';
import { type VolumeFile, writeAtomically } from './atomic-writer.ts';

const files = (entries: Readonly<Record<string, string>>): ReadonlyMap<string, VolumeFile> =>
  new Map(Object.entries(entries).map(([path, text]) => [path, { bytes: Buffer.from(text), mode: 0o640 }]));

describe('writeAtomically', () => {
  it('swaps all files at once and leaves the same files alone', () => {
    using folder = testFolder();
    const read = (name: string): string => readFileSync(join(folder.path, name), 'utf8');
    expect(writeAtomically(folder.path, files({ a: '1', 'd/e': '2' }), 't1')).toBe(true);
    expect([read('a'), read('d/e'), readlinkSync(join(folder.path, 'a'))]).toEqual(['1', '2', '..data/a']);
    expect(statSync(join(folder.path, 'a')).mode & 0o777).toBe(0o640);
    expect(writeAtomically(folder.path, files({ a: '1', 'd/e': '2' }), 't2')).toBe(false);
    expect(readlinkSync(join(folder.path, '..data'))).toBe('..t1');
    expect(writeAtomically(folder.path, files({ a: '3', b: '4' }), 't1')).toBe(true);
    expect(read('a')).toBe('3');
    expect(readdirSync(folder.path).toSorted()).toEqual(['..data', '..t1.1', 'a', 'b']);
  });
});
