import type { ControllerRevision, StatefulSet } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { buildRevision, decideRevision, surplusRevisions } from './revisions.ts';
import { sortRevisions, templateOf } from '../history/revisions.ts';
import { setOf } from './testing.ts';

const withImage = (image: string): StatefulSet => setOf({ template: { spec: { containers: [{ name: 'c', image }] } } });
const history = (...images: readonly string[]): readonly ControllerRevision[] =>
  images.map((image, index) => buildRevision(withImage(image), index + 1, 0));

describe('revisions', () => {
  test('keep the pod template and nothing else', () => {
    const revision = buildRevision(withImage('db:1'), 1, 0);
    expect(revision.data).toEqual({ spec: { template: { spec: { containers: [{ name: 'c', image: 'db:1' }] }, $patch: 'replace' } } });
    expect(templateOf(revision)).toEqual({ spec: { containers: [{ name: 'c', image: 'db:1' }] } });
    expect(buildRevision(setOf({ replicas: 9, serviceName: 'other' }), 1, 0).metadata.name).toBe(
      buildRevision(setOf(), 1, 0).metadata.name,
    );
  });

  test('an unchanged template keeps the newest, a new one makes one with the next number', () => {
    const known = history('db:1', 'db:2');
    expect(decideRevision(withImage('db:2'), known, 0)).toMatchObject({ kind: 'keep', update: { revision: 2 } });
    expect(decideRevision(withImage('db:3'), known, 0)).toMatchObject({ kind: 'create', update: { revision: 3 } });
  });

  test('a rollback gives the older one the highest number, under its old name', () => {
    const known = history('db:1', 'db:2');
    expect(decideRevision(withImage('db:1'), known, 0)).toMatchObject({
      kind: 'bump',
      number: 3,
      update: { metadata: { name: known[0]?.metadata.name } },
    });
  });

  test('a collision changes the name', () => {
    const [one, other] = [buildRevision(withImage('db:1'), 1, 0), buildRevision(withImage('db:1'), 1, 1)];
    expect(one.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]+$/);
    expect(other.metadata.name).not.toBe(one.metadata.name);
  });

  test('a long name is cut to leave room for the hash', () => {
    const set = setOf();
    const long = { ...set, metadata: { ...set.metadata, name: 'x'.repeat(250) } };
    expect(buildRevision(long, 1, 0).metadata.name).toMatch(/^x{223}-[a-z0-9]+$/);
  });

  test('the oldest go that nothing refers to, beyond the limit', () => {
    const known = history('db:1', 'db:2', 'db:3', 'db:4');
    const live = new Set([known[0]?.metadata.name ?? '', known[3]?.metadata.name ?? '']);
    const left = (revisionHistoryLimit: number): readonly (number | undefined)[] =>
      surplusRevisions(setOf({ revisionHistoryLimit }), known, live).map(({ revision }) => revision);
    expect([left(0), left(1), left(2), left(-1)]).toEqual([[2, 3], [2], [], []]);
  });

  test('by number, then age, then name', () => {
    const of = (revision: number, creationTimestamp: string, name: string) => ({ revision, metadata: { creationTimestamp, name } });
    const sorted = sortRevisions([of(2, '1', 'a'), of(1, '2', 'b'), of(1, '1', 'd'), of(1, '1', 'c')]);
    expect(sorted.map(({ metadata }) => metadata.name)).toEqual(['c', 'd', 'b', 'a']);
  });
});
