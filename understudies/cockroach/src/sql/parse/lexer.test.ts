import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SqlError } from '../errors.ts';
import { pointAt, tokenize } from './lexer.ts';

const tokens = (text: string): readonly (readonly [string, string])[] =>
  tokenize(text)
    .slice(0, -1)
    .map((token) => [token.kind, token.text] as const);

describe('tokens', () => {
  it.each([
    ["'it''s'", 'string', "it's"],
    [String.raw`e'a\nb\x41\u00e9\101'`, 'string', 'a\nbAéA'],
    ['$$a;b$$', 'string', 'a;b'],
    ['$tag$a $$ b$tag$', 'string', 'a $$ b'],
    ['"Mixed ""Case"""', 'name', 'Mixed "Case"'],
    ['SELECT', 'word', 'select'],
    ['$12', 'param', '12'],
    ['1.5e-3', 'number', '1.5e-3'],
    ['.5', 'number', '.5'],
    ["x'4142'", 'bytes', 'AB'],
    ['->>', 'op', '->>'],
    ['!=', 'op', '!='],
  ])('%s is a %s', (text, kind, value) => {
    expect(tokens(text)).toEqual([[kind, value]]);
  });

  it('leaves out comments, also nested ones', () => {
    expect(tokens('a -- b\n/* c /* d */ e */ f')).toEqual([
      ['word', 'a'],
      ['word', 'f'],
    ]);
  });

  it.each([
    ["'open", 'unterminated string'],
    ['"open', 'unterminated quoted identifier'],
    ['/* open', 'unterminated comment'],
    ['$$open', 'unterminated string'],
    ["x'4'", 'invalid hexadecimal bytes literal'],
  ])('refuses %s', (text, reason) => {
    expect(() => tokenize(text)).toThrow(expect.objectContaining({ code: '42601', message: `lexical error: ${reason}` }));
  });

  it.each([
    ['\n/* open', 'source SQL:\n\n/* open\n^'],
    ["SELECT\n  'open", "source SQL:\nSELECT\n  'open\n  ^"],
    ['SELECT 1 /* open\nSELECT 2', 'source SQL:\nSELECT 1 /* open\n         ^'],
  ])('points at the beginning of what does not end: %j', (text, detail) => {
    expect(() => tokenize(text)).toThrow(expect.objectContaining({ detail }));
  });

  it('points below a text that begins with the end of a line', () => {
    expect(pointAt('\nSELECT', 0)).toBe('source SQL:\n\n^');
    expect(pointAt('\nSELECT', 1)).toBe('source SQL:\n\nSELECT\n^');
  });

  it('reads any string back that was quoted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(tokens(`'${value.replaceAll("'", "''")}'`)).toEqual([['string', value]]);
      }),
    );
  });

  it('ends for every text, with tokens in order or a clear error', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('abE\'"$;-/*.:0x9(\\\n ')) }), (text) => {
        expect(disorder(text)).toBeUndefined();
      }),
    );
  });
});

/** What is wrong with the tokens of the text, or with its refusal. */
function disorder(text: string): unknown {
  try {
    const all = tokenize(text);
    if (all.at(-1)?.kind !== 'end') return 'no end';
    return all.find((token, index) => token.start < (all[index - 1]?.end ?? 0));
  } catch (error) {
    return error instanceof SqlError ? undefined : error;
  }
}
