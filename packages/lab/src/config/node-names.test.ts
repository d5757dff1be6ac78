import { expect, it } from 'vitest';
import { defaultConfig } from './default-config.ts';
import { labNameProblem, nameNodes } from './node-names.ts';

it('numbers the nodes of a role from the second on, as kind does', () => {
  expect(nameNodes('data-lab', defaultConfig('/disks')).map((node) => node.name)).toEqual([
    'data-lab-control-plane',
    'data-lab-worker',
    'data-lab-worker2',
    'data-lab-worker3',
  ]);
});

it.each(['a', 'data-lab', 'x1'])('takes the name %s', (name) => expect(labNameProblem(name)).toBeUndefined());
it.each(['', '-a', 'a-', 'A', 'a_b', 'a/b', '..', 'a'.repeat(41)])('refuses the name %j', (name) =>
  expect(labNameProblem(name)).toContain('is no name for a lab'),
);
