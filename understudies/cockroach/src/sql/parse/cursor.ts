// A place in a statement's tokens, with the steps that every part of the parser takes.
import { SqlError, unsupported } from '../errors.ts';
import { pointAt, type Token } from './lexer.ts';

/** Words that cannot name a column or table without quotes. */
const RESERVED = new Set(
  (
    'all analyse analyze and any array as asc asymmetric both case cast check collate column concurrently constraint create cross ' +
    'current_catalog current_date current_role current_schema current_time current_timestamp current_user default deferrable desc ' +
    'distinct do else end except false fetch for foreign from full grant group having ilike in initially inner intersect into is join ' +
    'lateral leading left like limit localtime localtimestamp natural not null offset on only or order outer placing primary references ' +
    'returning right select session_user similar some symmetric table then to trailing true union unique user using variadic when where ' +
    'window with'
  ).split(' '),
);

export class Cursor {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #params = 0;
  #depth = 0;

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  /** Highest placeholder number that was met. */
  get params(): number {
    return this.#params;
  }

  get token(): Token {
    return this.#tokens[this.#at]!;
  }

  peek(ahead = 1): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }

  next(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  noteParam(index: number): void {
    if (index < 1 || index > 65_535) throw new SqlError('42601', `placeholder index must be between 1 and 65535`);
    this.#params = Math.max(this.#params, index);
  }

  /** Text of the statement from the position to the end of the last token taken. */
  textFrom(start: number): string {
    return this.#text.slice(start, this.#tokens[this.#at - 1]?.end ?? start);
  }

  isWord(...words: readonly string[]): boolean {
    return words.every((word, ahead) => this.peek(ahead).kind === 'word' && this.peek(ahead).text === word);
  }

  isOp(op: string): boolean {
    return this.token.kind === 'op' && this.token.text === op;
  }

  /** Takes these words when all of them follow. */
  word(...words: readonly string[]): boolean {
    if (!this.isWord(...words)) return false;
    this.#at += words.length;
    return true;
  }

  op(op: string): boolean {
    if (!this.isOp(op)) return false;
    this.#at++;
    return true;
  }

  expectWord(...words: readonly string[]): void {
    for (const word of words) if (!this.word(word)) throw this.syntaxError();
  }

  expectOp(op: string): void {
    if (!this.op(op)) throw this.syntaxError();
  }

  /** A name: any quoted one, or a word that is not reserved. */
  name(): string {
    const { kind, text } = this.token;
    if (kind === 'name' || (kind === 'word' && !RESERVED.has(text))) {
      this.#at++;
      return text;
    }
    throw this.syntaxError();
  }

  isName(): boolean {
    const { kind, text } = this.token;
    return kind === 'name' || (kind === 'word' && !RESERVED.has(text));
  }

  /** `a`, `a.b` or `a.b.c`. */
  path(): readonly string[] {
    const parts = [this.name()];
    while (this.op('.')) parts.push(this.label());
    if (parts.length > 3) throw this.syntaxError();
    return parts;
  }

  /** A name in a place where even reserved words are understood (after a dot or AS). */
  label(): string {
    const { kind, text } = this.token;
    if (kind !== 'name' && kind !== 'word') throw this.syntaxError();
    this.#at++;
    return text;
  }

  string(): string {
    if (this.token.kind !== 'string') throw this.syntaxError();
    return this.next().text;
  }

  list<T>(item: () => T): readonly T[] {
    const items = [item()];
    while (this.op(',')) items.push(item());
    return items;
  }

  parenthesized<T>(item: () => T): T {
    this.expectOp('(');
    const result = item();
    this.expectOp(')');
    return result;
  }

  /** Runs the step one level deeper: a statement nested without end would exhaust the stack. */
  nested<T>(step: () => T): T {
    if (++this.#depth > 200) throw new SqlError('54001', 'the statement is nested too deeply (limit 200)');
    try {
      return step();
    } finally {
      this.#depth--;
    }
  }

  ifExists(): boolean {
    return this.word('if', 'exists');
  }

  ifNotExists(): boolean {
    return this.word('if', 'not', 'exists');
  }

  unsupported(what: string): SqlError {
    return unsupported(what);
  }

  syntaxError(): SqlError {
    const { start, end, kind } = this.token;
    const near = kind === 'end' ? 'EOF' : this.#text.slice(start, end);
    return new SqlError('42601', `at or near "${near}": syntax error`, { detail: pointAt(this.#text, start) });
  }
}
