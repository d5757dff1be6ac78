// The page of `holdfast check --html` in a real browser: it opens without errors, draws each workload, and needs nothing from outside.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { check, loadPaths } from '@holdfast/advise';
import { toHtml } from '@holdfast/advise/reports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
if (!CHROMIUM) console.log('skipped: no Chromium (apt-get install chromium)');

describe.skipIf(!CHROMIUM)('the page of a check', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-check-html-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const page = join(folder, 'page.html');
  const browse = (file: string, ...flags: readonly string[]): string =>
    execFileSync(
      CHROMIUM ?? '',
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        `--user-data-dir=${folder}/profile`,
        '--window-size=1280,1600',
        ...flags,
        pathToFileURL(file).href,
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
  let workloads: number;

  beforeAll(async () => {
    const examples = join(import.meta.dirname, '../../packages/advise/src/rules/not-enough-room/examples');
    const result = check(await loadPaths([join(examples, 'bad-too-small.yaml'), join(examples, 'bad-two-nodes.yaml')], async () => ''));
    workloads = result.graph.workloads.length;
    writeFileSync(page, toHtml(result));
  });

  it('draws every workload with its findings', () => {
    const dom = browse(page, '--dump-dom');
    expect([...dom.matchAll(/<svg role="img"/g)]).toHaveLength(workloads);
    expect(dom).toContain('<g class="box error">');
    expect(dom).toContain('not-enough-room');
    expect(dom).toContain('PersistentVolume a');
  });

  it('fills the screen', () => {
    const blank = join(folder, 'blank.html');
    writeFileSync(blank, '<!doctype html><title>blank</title>');
    const shot = (file: string): number => {
      const image = `${file}.png`;
      browse(file, `--screenshot=${image}`, '--hide-scrollbars');
      expect([...readFileSync(image).subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
      return statSync(image).size;
    };
    expect(shot(page)).toBeGreaterThan(5 * shot(blank));
  });

  it('asks nobody for anything', () => {
    const html = readFileSync(page, 'utf8');
    expect(html).not.toMatch(/<script|<link|<img|@import|url\((?!#)/);
    expect(html).not.toMatch(/(src|href)="/);
  });
});
