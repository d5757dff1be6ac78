import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@holdfast/clock';
import type { LogOptions } from '@holdfast/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogFile } from './log-file.ts';
import { testFolder } from '../../test/test-bundle.ts';

const never = new AbortController().signal;

async function text(log: LogFile, options: LogOptions = {}): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of log.read(options, never)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('LogFile', () => {
  it('gives back what was written, whatever the chunks', async () => {
    using folder = testFolder();
    let n = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ maxLength: 40 }).map((part) => part.replaceAll('|', '\n'))), async (parts) => {
        const log = new LogFile(join(folder.path, String(n++)), new FakeClock());
        for (const part of parts) log.write('stdout', Buffer.from(part));
        log.close();
        expect(await text(log)).toBe(parts.join(''));
      }),
      { numRuns: 50 },
    );
  });

  it('cuts long lines and puts them together again', async () => {
    using folder = testFolder();
    const log = new LogFile(join(folder.path, 'log'), new FakeClock());
    const line = `${'x'.repeat(40_000)}\n`;
    log.write('stderr', Buffer.from(line));
    log.close();
    expect(await text(log)).toBe(line);
  });

  it('knows tail, since, timestamps and a limit of bytes', async () => {
    using folder = testFolder();
    const clock = new FakeClock();
    const log = new LogFile(join(folder.path, 'log'), clock);
    for (let i = 0; i < 5; i++) {
      log.write('stdout', Buffer.from(`line ${i}\n`));
      await clock.advance(1000);
    }
    expect(await text(log, { tailLines: 2 })).toBe('line 3\nline 4\n');
    expect(await text(log, { tailLines: 0 })).toBe('');
    expect(await text(log, { tailLines: 9 })).toBe('line 0\nline 1\nline 2\nline 3\nline 4\n');
    expect(await text(log, { sinceSeconds: 2 })).toBe('line 3\nline 4\n');
    expect(await text(log, { sinceTime: '2026-01-01T00:00:04Z' })).toBe('line 4\n');
    expect(await text(log, { tailLines: 1, timestamps: true })).toBe('2026-01-01T00:00:04.000000000Z line 4\n');
    expect(await text(log, { limitBytes: 9 })).toBe('line 0\nli');
  });

  it('follows across rotations without losing or repeating a line', async () => {
    using folder = testFolder();
    const log = new LogFile(join(folder.path, 'log'), new FakeClock(), { maxBytes: 500, maxFiles: 3 });
    log.write('stdout', Buffer.from('first\n'));
    const followed = text(log, { follow: true });
    const lines = ['first'];
    for (let i = 0; i < 100; i++) {
      lines.push(`line ${i}`);
      log.write('stdout', Buffer.from(`line ${i}\n`));
      if (i % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    log.close();
    expect((await followed).trim().split('\n').at(-1)).toBe('line 99');
    const got = (await followed).trim().split('\n');
    expect(new Set(got).size).toBe(got.length);
    expect(readdirSync(folder.path)).toHaveLength(3);
    expect((await text(log, { tailLines: 15 })).trim().split('\n')).toEqual(lines.slice(-15));
  });

  it('follows what is written, and rotated away, while it looks whether there is more', async () => {
    using folder = testFolder();
    const rounds = 300;
    const log = new LogFile(join(folder.path, 'log'), new FakeClock(), { maxBytes: 100, maxFiles: 2 * rounds });
    const followed = text(log, { follow: true });
    const lines: string[] = [];
    for (let i = 0; i < rounds; i++) {
      // The first is the last of its file: it fills it, and the second goes to the next.
      for (const line of [`${i} is the last of its file`, `${i} is the first of the next ${'.'.repeat(60)}`]) {
        lines.push(line);
        log.write('stdout', Buffer.from(`${line}\n`));
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    log.close();
    expect((await followed).trim().split('\n')).toEqual(lines);
  });

  it('has nothing to give once its files are gone', async () => {
    using folder = testFolder();
    const log = new LogFile(join(folder.path, 'log'), new FakeClock());
    log.write('stdout', Buffer.from('line\n'));
    rmSync(join(folder.path, 'log'));
    expect(await text(log)).toBe('');
    expect(await text(log, { follow: true })).toBe('');
    log.close();
  });

  it('stops following when the reader goes away', async () => {
    using folder = testFolder();
    const log = new LogFile(join(folder.path, 'log'), new FakeClock());
    const reader = new AbortController();
    const chunks = log.read({ follow: true }, reader.signal)[Symbol.asyncIterator]();
    const next = chunks.next();
    reader.abort();
    expect((await next).done).toBe(true);
    log.close();
  });
});
