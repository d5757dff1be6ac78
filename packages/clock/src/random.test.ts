import { expect, it } from 'vitest';
import { nameSuffix, seededRandom, systemRandom, uuid } from './random.ts';

it('gives the same sequence for the same seed', () => {
  const [a, b, c] = [seededRandom(7), seededRandom(7), seededRandom(8)];
  const first = Array.from({ length: 20 }, () => a.next());
  expect(Array.from({ length: 20 }, () => b.next())).toEqual(first);
  expect(Array.from({ length: 20 }, () => c.next())).not.toEqual(first);
  for (const value of first) expect(value).toBeGreaterThanOrEqual(0);
  for (const value of first) expect(value).toBeLessThan(1);
});

it('makes version 4 UUIDs and name suffixes of the right letters', () => {
  for (const random of [seededRandom(1), systemRandom()]) {
    expect(uuid(random)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(nameSuffix(random)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  }
});
