// Splits SQL text into tokens, by PostgreSQL's lexical rules.
import { SqlError } from '../errors.ts';

/** `word` is an unquoted identifier or keyword, lower-cased; `name` a quoted identifier. `text` of a string is its value. */
export interface Token {
  readonly kind: 'word' | 'name' | 'string' | 'bytes' | 'number' | 'param' | 'op' | 'end' | 'bad';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const OPERATORS = ['->>', '!~*', '::', '||', '<=', '>=', '<>', '!=', '->', '//', '~*', '!~', '@>', '<@', '#>', '&&', '<<', '>>'];
const SPACE = /[\s\uFEFF]/;
const WORD_START = /[A-Za-z_\u0080-\uFFFF]/;
const WORD = /[A-Za-z0-9_$\u0080-\uFFFF]/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', a: '\x07' };

/** All tokens of the text, ending with one of kind `end`. Throws 42601 for what is no token. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let position = 0; ; ) {
    const token = nextToken(text, position);
    if (token.kind === 'bad') throw new SqlError('42601', `lexical error: ${token.text}`, { detail: pointAt(text, token.start) });
    tokens.push(token);
    if (token.kind === 'end') return tokens;
    position = token.end;
  }
}

/** The statement's text with a mark below the place, as CockroachDB shows it. */
export function pointAt(text: string, position: number): string {
  const lineEnd = text.indexOf('\n', position);
  const until = lineEnd === -1 ? text.length : lineEnd;
  const column = position - (text.slice(0, position).lastIndexOf('\n') + 1);
  return `source SQL:\n${text.slice(0, until)}\n${' '.repeat(column)}^`;
}

/** The token at or after the position; kind `bad` (with the reason as text, up to the end) for one that is not finished. */
export function nextToken(text: string, position: number): Token {
  const start = skipBlank(text, position);
  if (text.startsWith('/*', start)) return { kind: 'bad', text: 'unterminated comment', start, end: text.length };
  if (start >= text.length) return { kind: 'end', text: '', start: text.length, end: text.length };
  const char = text[start]!;
  const next = text[start + 1];
  if (char === "'") return quoted(text, start, start + 1, 'string', false);
  if (char === '"') return quoted(text, start, start + 1, 'name', false);
  if ((char === 'e' || char === 'E') && next === "'") return quoted(text, start, start + 2, 'string', true);
  if ((char === 'b' || char === 'B') && next === "'") return quoted(text, start, start + 2, 'bytes', true);
  if ((char === 'x' || char === 'X') && next === "'") return hexBytes(text, start);
  if (char === '$') return dollar(text, start);
  if (isDigit(char) || (char === '.' && isDigit(next))) return number(text, start);
  if (WORD_START.test(char)) {
    let end = start + 1;
    while (end < text.length && WORD.test(text[end]!)) end++;
    return { kind: 'word', text: text.slice(start, end).toLowerCase(), start, end };
  }
  const operator = OPERATORS.find((candidate) => text.startsWith(candidate, start)) ?? char;
  return { kind: 'op', text: operator, start, end: start + operator.length };
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9';
}

/** Where the blanks and comments from the position on end: after them, or at a comment that has no end. */
function skipBlank(text: string, position: number): number {
  for (let at = position; ; ) {
    while (at < text.length && SPACE.test(text[at]!)) at++;
    if (text.startsWith('--', at)) {
      const end = text.indexOf('\n', at);
      at = end === -1 ? text.length : end + 1;
    } else if (text.startsWith('/*', at)) {
      const end = skipComment(text, at);
      if (end === -1) return at;
      at = end;
    } else return at;
  }
}

function skipComment(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text.startsWith('/*', at)) {
      depth++;
      at++;
    } else if (text.startsWith('*/', at)) {
      depth--;
      at++;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

function quoted(text: string, start: number, from: number, kind: 'string' | 'name' | 'bytes', escapes: boolean): Token {
  const quote = text[from - 1]!;
  let value = '';
  for (let at = from; at < text.length; at++) {
    const char = text[at]!;
    if (char === quote) {
      if (text[at + 1] !== quote) return { kind, text: value, start, end: at + 1 };
      value += quote;
      at++;
    } else if (escapes && char === '\\') {
      const [decoded, length] = escape(text, at + 1);
      value += decoded;
      at += length;
    } else value += char;
  }
  return { kind: 'bad', text: kind === 'name' ? 'unterminated quoted identifier' : 'unterminated string', start, end: text.length };
}

/** The character after a backslash, and how many characters it took. */
function escape(text: string, at: number): readonly [string, number] {
  const hex = /^(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(text.slice(at, at + 9));
  if (hex) {
    const point = Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? '', 16);
    return [point > 0x10ffff ? '\uFFFD' : String.fromCodePoint(point), hex[0].length];
  }
  const octal = /^[0-7]{1,3}/.exec(text.slice(at, at + 3));
  if (octal) return [String.fromCharCode(Number.parseInt(octal[0], 8) & 0xff), octal[0].length];
  const char = text[at] ?? '';
  return [ESCAPES[char] ?? char, char.length];
}

function hexBytes(text: string, start: number): Token {
  const match = /^'((?:[0-9a-fA-F]{2})*)'/.exec(text.slice(start + 1));
  if (!match) return { kind: 'bad', text: 'invalid hexadecimal bytes literal', start, end: text.length };
  return { kind: 'bytes', text: Buffer.from(match[1]!, 'hex').toString('latin1'), start, end: start + 1 + match[0].length };
}

function dollar(text: string, start: number): Token {
  const param = /^\$(\d+)/.exec(text.slice(start, start + 12));
  if (param) return { kind: 'param', text: param[1]!, start, end: start + param[0].length };
  const tag = /^\$(?:[A-Za-z_\u0080-\uFFFF][A-Za-z0-9_\u0080-\uFFFF]*)?\$/.exec(text.slice(start, start + 80))?.[0];
  if (tag === undefined) return { kind: 'op', text: '$', start, end: start + 1 };
  const close = text.indexOf(tag, start + tag.length);
  if (close === -1) return { kind: 'bad', text: 'unterminated string', start, end: text.length };
  return { kind: 'string', text: text.slice(start + tag.length, close), start, end: close + tag.length };
}

function number(text: string, start: number): Token {
  const match = /^(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)/.exec(text.slice(start));
  const end = start + match![0].length;
  return { kind: 'number', text: match![0], start, end };
}
