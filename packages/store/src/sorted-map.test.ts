import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prefixEnd, SortedMap } from './sorted-map.ts';

test('keeps keys sorted through splits and removals', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.boolean()), { maxLength: 300 }),
      fc.string({ maxLength: 2 }),
      (steps, from) => {
        const map = new SortedMap<number>();
        const model = new Map<string, number>();
        for (const [key, remove] of steps) {
          for (const target of [map, model]) {
            if (remove) target.delete(key);
            else target.set(key, 1);
          }
          expect(map.size).toBe(model.size);
        }
        const wanted = [...model.keys()].sort().filter((k) => k >= from);
        expect([...map.keysFrom(from)]).toEqual(wanted);
        expect(map.countBetween(from, undefined)).toBe(wanted.length);
        const end = prefixEnd(from);
        expect(map.countBetween(from, end)).toBe(wanted.filter((k) => k.startsWith(from)).length);
      },
    ),
  );
});

test('holds many keys', () => {
  const map = new SortedMap<number>();
  for (let i = 0; i < 20_000; i++) map.set(`k/${(i * 7919) % 20_000}`, i);
  expect([...map.keysFrom('')]).toHaveLength(20_000);
  for (let i = 0; i < 20_000; i += 2) map.delete(`k/${i}`);
  expect(map.countBetween('k/', 'k0')).toBe(10_000);
});
