import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathRewriter } from './rewrite-paths.ts';

const root = '/state/root';
const rewrite = pathRewriter({
  root,
  programs: ['/cockroach/cockroach.sh', '/cockroach/cockroach'],
  mountPaths: ['/cockroach/cockroach-data/', '/etc/conf'],
});

describe('pathRewriter', () => {
  it.each([
    ['/cockroach/cockroach', '/state/root/cockroach/cockroach'],
    ['/cockroach/cockroach.sh', '/state/root/cockroach/cockroach.sh'],
    [
      'exec /cockroach/cockroach.sh start --store=/cockroach/cockroach-data',
      'exec /state/root/cockroach/cockroach.sh start --store=/state/root/cockroach/cockroach-data',
    ],
    ['/cockroach/cockroach node drain --insecure || exit 0', '/state/root/cockroach/cockroach node drain --insecure || exit 0'],
    ['--store=path=/cockroach/cockroach-data/x,size=1', '--store=path=/state/root/cockroach/cockroach-data/x,size=1'],
    ['"/etc/conf/a":\'/etc/conf/b\'', '"/state/root/etc/conf/a":\'/state/root/etc/conf/b\''],
    ['cat</etc/conf/a;ls /etc/conf', 'cat</state/root/etc/conf/a;ls /state/root/etc/conf'],
  ])('moves the paths of the container: %s', (word, expected) => {
    expect(rewrite(word)).toBe(expected);
  });

  it.each([
    '/bin/bash',
    '/cockroach/cockroach-sql',
    '/cockroach/other',
    '/etc/config',
    '/etc/conf-2/x',
    'a/etc/conf',
    '/mnt/etc/conf',
    'http://etc/conf',
    '/cockroach/cockroach/x',
  ])("leaves what is the host's: %s", (word) => {
    expect(rewrite(word)).toBe(word);
  });

  const segment = fc.stringMatching(/^[a-z0-9._-]{1,6}$/).filter((text) => text !== '.' && text !== '..');
  const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => `/${segments.join('/')}`);

  it('is idempotent: a path under the root is not moved again', () => {
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 4 }), fc.array(path, { maxLength: 4 }), (mountPaths, words) => {
        const once = pathRewriter({ root: '/ROOT', programs: [], mountPaths });
        const text = words.join(' ');
        expect(once(once(text))).toBe(once(text));
      }),
    );
  });

  it('moves a word that is a path exactly when it is at or under a mount', () => {
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 4 }), path, (mountPaths, word) => {
        const owned = mountPaths.some((mount) => word === mount || word.startsWith(`${mount}/`));
        expect(pathRewriter({ root: '/ROOT', programs: [], mountPaths })(word)).toBe(owned ? `/ROOT${word}` : word);
      }),
    );
  });

  it('changes nothing but paths: without the root the text is as it was', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(path, { minLength: 1, maxLength: 3 }), (text, mountPaths) => {
        fc.pre(!text.includes('/ROOT'));
        expect(pathRewriter({ root: '/ROOT', programs: [], mountPaths })(text).replaceAll('/ROOT', '')).toBe(text);
      }),
    );
  });
});
