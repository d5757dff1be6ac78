import { chmodSync, lstatSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../test/test-bundle.ts';
import { giveToGroup } from './ownership.ts';

const isRoot = process.geteuid?.() === 0;
if (!isRoot) console.warn('skipped: only root may give files to any group: fsGroup is not tested');

const octal = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8);

describe.skipIf(!isRoot)('giveToGroup', () => {
  it('gives files and folders to the group, and lets it read and write', () => {
    using folder = testFolder();
    const root = join(folder.path, 'v');
    mkdirSync(join(root, 'sub'), { recursive: true, mode: 0o700 });
    writeFileSync(join(root, 'sub', 'file'), '', { mode: 0o600 });
    writeFileSync(join(folder.path, 'outside'), '', { mode: 0o600 });
    symlinkSync(join(folder.path, 'outside'), join(root, 'link'));
    chmodSync(root, 0o755);
    giveToGroup(root, { gid: 4321, readOnly: false });
    expect(['', 'sub', 'sub/file', 'link'].map((path) => lstatSync(join(root, path)).gid)).toEqual([4321, 4321, 4321, 4321]);
    expect([octal(root), octal(join(root, 'sub')), octal(join(root, 'sub/file'))]).toEqual(['2775', '2770', '660']);
    // What a link points to may be anybody's.
    expect([statSync(join(folder.path, 'outside')).gid === 4321, octal(join(folder.path, 'outside'))]).toEqual([false, '600']);
  });

  it('of a volume that only lets read, and of one whose root is right already', () => {
    using folder = testFolder();
    const root = join(folder.path, 'v');
    mkdirSync(root, { mode: 0o700 });
    writeFileSync(join(root, 'file'), '', { mode: 0o400 });
    giveToGroup(root, { gid: 4321, readOnly: true });
    expect([octal(root), octal(join(root, 'file'))]).toEqual(['2750', '440']);
    writeFileSync(join(root, 'new'), '', { mode: 0o600 });
    giveToGroup(root, { gid: 4321, readOnly: true, policy: 'OnRootMismatch' });
    expect(octal(join(root, 'new'))).toBe('600');
    giveToGroup(root, { gid: 4321, readOnly: true, policy: 'Always' });
    expect(octal(join(root, 'new'))).toBe('640');
  });
});
