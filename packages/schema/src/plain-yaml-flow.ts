// The parts of plain YAML that stand within a line: keys, quoted and plain text, flow collections.
import { plainScalar } from './yaml-scalars.ts';

/** Thrown where the text is not plain. Never leaves the reader. */
export class NotPlain extends Error {}

/** No plain text begins with these; a hyphen, question mark or colon may, before another character. */
const INDICATORS = new Set('&*!|>%@`{}[],#"\'');

/** Reads within lines; `at` is where it stands. */
/** Deeper documents are for the full parser, which tells of it. */
const MAX_DEPTH = 200;

export class FlowReader {
  #depth = 0;
  readonly text: string;
  protected at = 0;
  /** Lines of a flow collection must be deeper than this; -1 where it is the document. */
  protected flowIndent = -1;
  readonly #offsets: Map<object, Map<string | number, number>> | undefined;

  constructor(text: string, offsets: Map<object, Map<string | number, number>> | undefined) {
    this.text = text;
    this.#offsets = offsets;
  }

  protected giveUp(): never {
    throw new NotPlain();
  }

  protected mark(container: object, step: string | number, offset: number): void {
    if (!this.#offsets) return;
    const marks = this.#offsets.get(container);
    if (marks) marks.set(step, offset);
    else this.#offsets.set(container, new Map([[step, offset]]));
  }

  /** Only spaces and a comment may be left; goes to the next line. */
  protected endOfLine(): void {
    const { text } = this;
    const from = this.at;
    while (text[this.at] === ' ') this.at++;
    const next = text[this.at];
    if (next === '#' && (this.at > from || text[from - 1] === ' ' || text[from - 1] === '\n')) {
      const end = text.indexOf('\n', this.at);
      this.at = end < 0 ? text.length : end + 1;
    } else if (next === '\n') this.at++;
    else if (next !== undefined) this.giveUp();
  }

  /** Whether a key and its colon stand here, on this line. */
  protected isKey(): boolean {
    const from = this.at;
    const first = this.text[from];
    if (first === '"' || first === "'") {
      this.quoted();
      const found = this.text[this.at] === ':';
      this.at = from;
      return found;
    }
    // A collection in braces, whatever colons are in it.
    if (first === '{' || first === '[') return false;
    return this.#colon() >= 0;
  }

  /** The key and its colon. */
  protected key(): string {
    const first = this.text[this.at];
    if (first === '"' || first === "'") {
      const key = this.quoted();
      if (this.text[this.at] !== ':' || !this.#endsWord(this.at + 1)) this.giveUp();
      this.at++;
      return key;
    }
    const colon = this.#colon();
    if (colon < 0) this.giveUp();
    const key = this.text.slice(this.at, colon);
    // '<<' merges; 'on', '1' and '' are no text.
    if (key === '' || key === '<<' || key.endsWith(' ') || !this.#mayBegin(this.at) || typeof plainScalar(key) !== 'string') this.giveUp();
    this.at = colon + 1;
    return key;
  }

  /** The colon that ends a plain key on this line; -1 where there is none. */
  #colon(): number {
    const { text } = this;
    let end = text.indexOf('\n', this.at);
    if (end < 0) end = text.length;
    for (let colon = text.indexOf(':', this.at); colon >= 0 && colon < end; colon = text.indexOf(':', colon + 1)) {
      if (!this.#endsWord(colon + 1)) continue;
      return text.slice(this.at, colon).includes(' #') ? -1 : colon;
    }
    return -1;
  }

  #endsWord(offset: number): boolean {
    const next = this.text[offset];
    return next === ' ' || next === '\n' || next === undefined;
  }

  #mayBegin(offset: number): boolean {
    const first = this.text[offset] ?? '';
    if (first === '-' || first === '?' || first === ':') return !this.#endsWord(offset + 1);
    return !INDICATORS.has(first);
  }

  /** Text in quotes, all on one line. */
  protected quoted(): string {
    const { text } = this;
    const quote = text[this.at];
    const from = this.at + 1;
    let end = from;
    for (;;) {
      const character = text[end];
      if (character === undefined || character === '\n') this.giveUp();
      if (character === '\\' && quote === '"') end += 2;
      else if (character !== quote) end++;
      else if (quote === "'" && text[end + 1] === "'") end += 2;
      else break;
    }
    this.at = end + 1;
    const inner = text.slice(from, end);
    if (quote === "'") return inner.replaceAll("''", "'");
    if (!inner.includes('\\')) return inner;
    // Of YAML's escapes those that JSON has too.
    if (/\\[^"\\/bfnrt]/.test(inner)) this.giveUp();
    return JSON.parse(`"${inner}"`) as string;
  }

  /** Plain text up to a comment or the end of the line. */
  protected plain(): unknown {
    const { text } = this;
    if (!this.#mayBegin(this.at)) this.giveUp();
    let end = text.indexOf('\n', this.at);
    if (end < 0) end = text.length;
    let words = text.slice(this.at, end);
    const comment = words.indexOf(' #');
    if (comment >= 0) words = words.slice(0, comment);
    words = words.trimEnd();
    if (words.includes(': ') || words.endsWith(':')) this.giveUp();
    this.at += words.length;
    return plainScalar(words);
  }

  /** A mapping in braces or a list in brackets, over any number of lines. */
  protected flow(): unknown {
    return this.deeper(() => (this.text[this.at] === '{' ? this.#flowMapping() : this.#flowList()));
  }

  /** Reads what is inside of something else; gives up where nobody writes by hand. */
  protected deeper(read: () => unknown): unknown {
    if (this.#depth >= MAX_DEPTH) this.giveUp();
    this.#depth++;
    const value = read();
    this.#depth--;
    return value;
  }

  #flowMapping(): unknown {
    const mapping: Record<string, unknown> = {};
    this.at++;
    for (this.#skip(); this.text[this.at] !== '}'; this.#skip()) {
      const start = this.at;
      const key = this.#flowKey();
      if (Object.hasOwn(mapping, key) || key === '__proto__') this.giveUp();
      this.mark(mapping, key, start);
      this.#skip();
      mapping[key] = this.#flowValue();
      this.#comma('}');
    }
    this.at++;
    return mapping;
  }

  #flowList(): unknown {
    const list: unknown[] = [];
    this.at++;
    for (this.#skip(); this.text[this.at] !== ']'; this.#skip()) {
      this.mark(list, list.length, this.at);
      list.push(this.#flowValue());
      this.#comma(']');
    }
    this.at++;
    return list;
  }

  #flowKey(): string {
    const first = this.text[this.at];
    if (first === '"' || first === "'") {
      const key = this.quoted();
      if (this.text[this.at] !== ':') this.giveUp();
      this.at++;
      return key;
    }
    const key = this.#flowWords();
    if (this.text[this.at] !== ':' || key === '' || key === '<<' || typeof plainScalar(key) !== 'string') this.giveUp();
    this.at++;
    return key;
  }

  #flowValue(): unknown {
    const first = this.text[this.at];
    if (first === '{' || first === '[') return this.flow();
    if (first === '"' || first === "'") return this.quoted();
    const words = this.#flowWords();
    if (words === '') this.giveUp();
    return plainScalar(words);
  }

  /** Plain text of a flow collection: up to a comma, a bracket, or a colon that ends a word. */
  #flowWords(): string {
    const { text } = this;
    // What a hyphen or a question mark alone means here is for the full parser.
    if (!this.#mayBegin(this.at) || '?:'.includes(text[this.at] ?? '') || /^-[\s,[\]{}:]/.test(text.slice(this.at, this.at + 2)))
      this.giveUp();
    const from = this.at;
    let end = from;
    for (; end < text.length; end++) {
      const character = text[end] ?? '';
      if (character === '\n' || ',[]{}'.includes(character)) break;
      if (character === ':' && (this.#endsWord(end + 1) || ',[]{}'.includes(text[end + 1] ?? ''))) break;
      if (character === '#' && text[end - 1] === ' ') this.giveUp();
    }
    const words = text.slice(from, end);
    const trimmed = words.trimEnd();
    // Text that goes on in the next line, and a space before the colon of a key.
    if (text[end] === ':' && trimmed !== words) this.giveUp();
    this.at = end;
    return trimmed;
  }

  #comma(close: string): void {
    this.#skip();
    if (this.text[this.at] === ',') this.at++;
    else if (this.text[this.at] !== close) this.giveUp();
  }

  /** Spaces and line ends. Comments within collections are for the full parser, as are lines that begin a document. */
  #skip(): void {
    const { text } = this;
    for (;;) {
      const character = text[this.at];
      if (character === '\n') {
        this.at++;
        if (text.startsWith('---', this.at) || text.startsWith('...', this.at)) this.giveUp();
        let column = 0;
        while (text[this.at + column] === ' ') column++;
        // A line of a collection must be deeper than the key that the collection belongs to.
        if (column <= this.flowIndent) this.giveUp();
        this.at += column;
      } else if (character === ' ') this.at++;
      else if (character === undefined || character === '#') this.giveUp();
      else return;
    }
  }
}
