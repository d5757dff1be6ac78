import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deepEqual } from './deep.ts';
import { readPlainYaml } from './plain-yaml.ts';
import { parseFully } from './full-yaml.ts';
import { toYaml } from './yaml.ts';

/** What the quick reader gives must be what the full parser gives, with every field in the same place. Whether it gave anything. */
function agrees(text: string): boolean {
  const quick = readPlainYaml(text, true);
  if (!quick) return false;
  const full = parseFully(text);
  if (full.error) throw new Error(`the full parser refuses what was read: ${full.error.message}\n${text}`);
  if (!deepEqual(quick.value, full.value))
    throw new Error(`${JSON.stringify(quick.value)} is not ${JSON.stringify(full.value)} in\n${text}`);
  const walk = (value: unknown, path: readonly (string | number)[]): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [step, offset] of quick.offsets?.get(value) ?? []) {
      const at = [...path, step];
      const before = text.slice(0, offset).split('\n');
      const place = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
      if (!deepEqual(full.locate(at), place))
        throw new Error(`${at.join('.')} is at ${JSON.stringify(place)} and not ${JSON.stringify(full.locate(at))} in\n${text}`);
      walk((value as Record<string | number, unknown>)[step], at);
    }
  };
  walk(quick.value, []);
  return true;
}

const scalar = fc.oneof(
  fc.constantFrom(
    'yes',
    'null',
    '~',
    '0x1f',
    '1e3',
    '007',
    'a: b',
    'a #b',
    '#',
    '- a',
    '',
    ' ',
    '"',
    "'",
    'x\ny\n',
    '\n',
    'a\n\n  b',
    '{',
    ']',
    '@',
    '---',
    '<<',
  ),
  fc.string({ maxLength: 12 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const value = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 8 }), tie('node'), { maxKeys: 4 }),
  ),
})).node;

it('reads what is written, and agrees with the full parser', () => {
  let read = 0;
  const asYaml = fc.property(value, (one) => void (read += Number(agrees(toYaml(one)))));
  fc.assert(asYaml, { numRuns: 400 });
  const asJson = fc.property(value, fc.nat(3), (one, indent) => void (read += Number(agrees(JSON.stringify(one, null, indent)))));
  fc.assert(asJson, { numRuns: 200 });
  expect(read).toBeGreaterThan(100);
});

const EXAMPLES = examples(join(import.meta.dirname, '../../advise/src/rules'));

it('reads nearly all of what people write', () => {
  const read = EXAMPLES.filter(agrees);
  expect(EXAMPLES.length).toBeGreaterThan(100);
  expect(read.length / EXAMPLES.length).toBeGreaterThan(0.95);
});

it('agrees about texts that somebody mistyped', () => {
  const typing = fc.record({
    text: fc.constantFrom(...EXAMPLES, FLOW),
    at: fc.nat(2000),
    length: fc.nat(3),
    insert: fc.constantFrom(
      '',
      ' ',
      '  ',
      '\n',
      '\n  ',
      ':',
      ': ',
      '- ',
      '-',
      '"',
      "'",
      '{',
      '}',
      '[',
      ']',
      ',',
      '#',
      ' #',
      '|',
      '|-\n',
      '>',
      '&a ',
      '*a',
      '!',
      '?',
      '? ',
      '\\',
      '\t',
      '\r\n',
      '---\n',
      '...\n',
      '%',
      '0',
      'yes',
      '<<: ',
    ),
  });
  let read = 0;
  fc.assert(
    fc.property(fc.array(typing, { minLength: 1, maxLength: 2 }), ([first, second]) => {
      const once = mistyped(first?.text ?? '', first);
      read += Number(agrees(second ? mistyped(once, second) : once));
    }),
    { numRuns: 3000 },
  );
  expect(read).toBeGreaterThan(500);
});

const FLOW = `a: {b: [1, "x", 'y''z', {c: d}], e: ~, "f": {}}
list:
- - 1
  - two
-
  deep: |
    text

      more
  strip: |-
    end
- {k: v}
- [
    a, b,
  ]
# done
last: "q\\n\\"r" # why
`;

function mistyped(text: string, by: { readonly at: number; readonly length: number; readonly insert: string } | undefined): string {
  if (!by) return text;
  const at = by.at % (text.length + 1);
  return text.slice(0, at) + by.insert + text.slice(at + by.length);
}

function examples(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split(/^---$/m));
}
