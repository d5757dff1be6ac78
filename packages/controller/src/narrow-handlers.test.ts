import type { Pod } from '@holdfast/schema';
import { expect, test } from 'vitest';
import type { InformerHandler } from './informer.ts';
import { NarrowHandlers } from './narrow-handlers.ts';

const podOn = (nodeName: string): Pod => ({ metadata: { name: 'p' }, spec: { nodeName, containers: [] } });
const nodeOf = (_index: string, { spec }: Pod): readonly string[] => [spec?.nodeName ?? ''];

test('an event reaches those who listen to where its object was or is, each once', () => {
  const narrow = new NarrowHandlers<Pod>();
  const [first, second, third]: readonly InformerHandler<Pod>[] = [() => undefined, () => undefined, () => undefined];
  narrow.add('node', 'n1', first!);
  narrow.add('node', 'n2', second!);
  narrow.add('node', 'n3', third!);
  expect([...narrow.of({ type: 'updated', object: podOn('n2'), old: podOn('n1') }, nodeOf)]).toEqual([second, first]);
  expect([...narrow.of({ type: 'updated', object: podOn('n3'), old: podOn('n3') }, nodeOf)]).toEqual([third]);
});

test('what nobody listens to any more is forgotten', () => {
  const narrow = new NarrowHandlers<Pod>();
  const handlers: readonly InformerHandler<Pod>[] = [() => undefined, () => undefined];
  for (let round = 0; round < 100; round++) {
    for (const handler of handlers) narrow.add('node', `n${round}`, handler);
    for (const handler of handlers) narrow.delete('node', `n${round}`, handler);
  }
  expect(narrow.size).toBe(0);
  narrow.add('node', 'n1', handlers[0]!);
  narrow.delete('node', 'n1', handlers[1]!);
  narrow.delete('node', 'n2', handlers[0]!);
  expect(narrow.size).toBe(1);
});
