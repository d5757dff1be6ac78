import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ManagedFieldsEntry } from '../generated/types.ts';
import { NOTHING } from './field-set.ts';
import { readManagers, writeManagers } from './managers.ts';
import { mergeTypeOf } from './merge-type.ts';
import { trackStored, trackUpdate } from './track-update.ts';

const type = mergeTypeOf('io.k8s.api.core.v1.ConfigMap');
const by = (manager: string, second: number) => ({
  manager,
  apiVersion: 'v1',
  subresource: '',
  time: `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`,
});
type Data = Readonly<Record<string, string>>;

type Entries = readonly ManagedFieldsEntry[] | undefined;
type Step = readonly [manager: string, data: Data];
type Track = (entries: readonly ManagedFieldsEntry[], options: Parameters<typeof trackStored>[1]) => Entries;

/** managedFields after each of these updates, one a second. */
function after(steps: readonly Step[], track: Track = trackStored): readonly Entries[] {
  let entries: Entries = [];
  let before: object = {};
  return steps.map(([manager, data], second) => {
    entries = track(entries ?? [], { type, before, after: { data }, by: by(manager, second), ignored: NOTHING });
    before = { data };
    return entries;
  });
}

/** The same, all of it made anew. */
const theLongWay: Track = (entries, options) =>
  writeManagers(trackUpdate({ ...options, managers: readManagers(entries, { stored: true }) ?? new Map() }));

const texts = (lists: readonly Entries[]): readonly string[] => lists.map((list) => JSON.stringify(list ?? []));

describe('managedFields of an update that changes nothing but values', () => {
  it('keep the fields of their entries, and move with the time', () => {
    const [, two, three, four] = after([
      ['a', { x: '1' }],
      ['b', { x: '1', y: '1' }],
      ['a', { x: '2', y: '1' }],
      ['a', { x: '2', y: '1' }],
    ]);
    expect(two?.map(({ manager }) => manager)).toEqual(['a', 'b']);
    expect(three?.map(({ manager }) => manager)).toEqual(['b', 'a']);
    expect(three?.[0]).toBe(two?.[1]);
    expect(three?.[1]?.fieldsV1).toBe(two?.[0]?.fieldsV1);
    expect(four).toBe(three);
  });

  it('are what they would be if they were made anew, whoever writes what', () => {
    const data = fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.constantFrom('1', '2'));
    const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), data), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(steps, (all) => {
        expect(texts(after(all))).toEqual(texts(after(all, theLongWay)));
      }),
    );
  });
});
