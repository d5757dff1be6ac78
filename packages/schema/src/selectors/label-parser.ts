// The grammar of label selectors: requirements separated by commas.
import type { LabelRequirement } from './label-requirement.ts';
import { badRequest } from '../errors.ts';

type Operator = LabelRequirement['operator'];

const SYMBOLS: readonly string[] = ['==', '!=', '=', '!', '<', '>', ',', '(', ')'];
const BINARY: Readonly<Record<string, Operator>> = { '=': '=', '==': '==', '!=': '!=', '>': 'gt', '<': 'lt' };

/** The requirements of a selector's text, in its order. Throws BadRequest. */
export function parseRequirements(text: string): readonly LabelRequirement[] {
  const tokens = tokenize(text);
  let position = 0;
  const peek = (): string => tokens[position] ?? '';
  const take = (): string => tokens[position++] ?? '';

  function requirement(): LabelRequirement {
    if (peek() === '!') {
      take();
      return { key: identifier('identifier'), operator: '!', values: [] };
    }
    const key = identifier("!, identifier, or 'end of string'");
    const next = peek();
    if (next === '' || next === ',') return { key, operator: 'exists', values: [] };
    take();
    if (next === 'in' || next === 'notin') return { key, operator: next, values: valueList() };
    const operator = Object.hasOwn(BINARY, next) ? BINARY[next] : undefined;
    if (operator === undefined) throw unexpected(next, 'in, notin, =, ==, !=, gt, lt');
    return { key, operator, values: [isSymbol(peek()) || peek() === '' ? '' : take()] };
  }

  function identifier(expected: string): string {
    const token = take();
    if (token === '' || isSymbol(token)) throw unexpected(token, expected);
    return token;
  }

  function valueList(): readonly string[] {
    const open = take();
    if (open !== '(') throw unexpected(open, "'('");
    const values = new Set<string>();
    for (;;) {
      values.add(isSymbol(peek()) ? '' : take());
      const separator = take();
      if (separator === ')') return [...values].sort();
      if (separator !== ',') throw unexpected(separator, "',', or ')'");
    }
  }

  const requirements: LabelRequirement[] = [];
  if (tokens.length === 0) return requirements;
  for (;;) {
    requirements.push(requirement());
    const separator = take();
    if (separator === '') return requirements;
    if (separator !== ',') throw unexpected(separator, "',' or 'end of string'");
    if (peek() === '' || peek() === ',') throw unexpected(peek(), "identifier after ','");
  }
}

function tokenize(text: string): readonly string[] {
  const tokens: string[] = [];
  let i = 0;
  while (i < text.length) {
    if (/\s/.test(text.charAt(i))) {
      i++;
      continue;
    }
    const symbol = SYMBOLS.find((s) => text.startsWith(s, i));
    let token = symbol ?? '';
    if (symbol === undefined)
      while (i + token.length < text.length && !/[\s=!<>,()]/.test(text.charAt(i + token.length))) token += text.charAt(i + token.length);
    tokens.push(token);
    i += token.length;
  }
  return tokens;
}

function isSymbol(token: string): boolean {
  return SYMBOLS.includes(token);
}

function unexpected(found: string, expected: string): Error {
  return badRequest(`unable to parse requirement: found '${found}', expected: ${expected}`);
}
