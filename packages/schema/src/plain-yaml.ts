// A quick reader for the YAML that people and tools write most: block mappings and lists, flow collections, quoted text on one line,
// literal blocks. It gives up on everything else (anchors, tags, merges, folded text, text over several lines, keys that are no text,
// keys that come twice), and on whatever looks wrong: then the full parser decides. What it gives is what the full parser gives.
import { FlowReader, NotPlain } from './plain-yaml-flow.ts';

/** Where the keys and elements of a mapping or list stand: offsets into the text. */
export type Offsets = ReadonlyMap<object, ReadonlyMap<string | number, number>>;

/** A document read quickly. */
export interface PlainYaml {
  readonly value: unknown;
  /** undefined unless they were asked for. */
  readonly offsets: Offsets | undefined;
}

/** Reads one document; undefined where the full parser must. Lines end in LF, or all in CR LF. */
export function readPlainYaml(text: string, withOffsets = false): PlainYaml | undefined {
  if (text.includes('\t') || text.includes('\r')) return undefined;
  const offsets = withOffsets ? new Map<object, Map<string | number, number>>() : undefined;
  try {
    return { value: new BlockReader(text, offsets).document(), offsets };
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

class BlockReader extends FlowReader {
  document(): unknown {
    this.#start();
    const indent = this.#next();
    if (indent < 0) return null;
    const first = this.text[this.at];
    const value = first === '{' || first === '[' ? this.#inline(-1) : this.#block(indent);
    if (this.#next() >= 0) this.giveUp();
    return value;
  }

  /** A line of three hyphens may stand before the content, with nothing but a comment behind it. */
  #start(): void {
    const from = this.at;
    if (this.#next() === 0 && this.text.startsWith('---', this.at)) {
      this.at += 3;
      this.endOfLine();
    } else this.at = from;
  }

  /** Goes to the next line with content; its indentation, or -1 at the end. From the beginning of a line. */
  #next(): number {
    const { text } = this;
    while (this.at < text.length) {
      let column = 0;
      while (text[this.at + column] === ' ') column++;
      const first = text[this.at + column];
      if (first === undefined) break;
      if (first !== '\n' && first !== '#') {
        if (column === 0 && (first === '%' || text.startsWith('...', this.at))) this.giveUp();
        this.at += column;
        return column;
      }
      const end = text.indexOf('\n', this.at + column);
      if (end < 0) break;
      this.at = end + 1;
    }
    this.at = text.length;
    return -1;
  }

  /** The indentation of the next line with content, from the beginning of a line, without going there. */
  #peek(): number {
    const from = this.at;
    const indent = this.#next();
    this.at = from;
    return indent;
  }

  #block(indent: number): unknown {
    return this.deeper(() => {
      if (this.#isDash()) return this.#list(indent);
      return this.isKey() ? this.#mapping(indent) : this.giveUp();
    });
  }

  #isDash(): boolean {
    const after = this.text[this.at + 1];
    return this.text[this.at] === '-' && (after === ' ' || after === '\n' || after === undefined);
  }

  #mapping(indent: number): unknown {
    const mapping: Record<string, unknown> = {};
    for (;;) {
      const start = this.at;
      const key = this.key();
      if (Object.hasOwn(mapping, key) || key === '__proto__') this.giveUp();
      this.mark(mapping, key, start);
      mapping[key] = this.#valueOf(indent);
      const next = this.#peek();
      if (next < indent) return mapping;
      if (next > indent) this.giveUp();
      this.#next();
      if (this.#isDash() || (indent === 0 && this.text.startsWith('---', this.at))) this.giveUp();
    }
  }

  #list(indent: number): unknown {
    const list: unknown[] = [];
    for (;;) {
      this.at++;
      let column = indent + 1;
      while (this.text[this.at] === ' ') {
        this.at++;
        column++;
      }
      this.mark(list, list.length, this.at);
      list.push(this.#element(indent, column, list));
      const next = this.#peek();
      if (next < indent) return list;
      if (next > indent) this.giveUp();
      this.#next();
      // A list may stand at the indentation of the key that it belongs to: the next key ends it.
      if (!this.#isDash()) {
        this.at -= indent;
        return list;
      }
    }
  }

  #element(indent: number, column: number, list: unknown[]): unknown {
    const first = this.text[this.at];
    if (first === '\n' || first === undefined || first === '#') {
      this.endOfLine();
      const next = this.#peek();
      if (next <= indent) return null;
      this.#next();
      this.mark(list, list.length, this.at);
      return this.#block(next);
    }
    if (this.#isDash()) return this.deeper(() => this.#list(column));
    return this.isKey() ? this.deeper(() => this.#mapping(column)) : this.#inline(indent);
  }

  /** What stands behind a key's colon, or below it. */
  #valueOf(indent: number): unknown {
    while (this.text[this.at] === ' ') this.at++;
    const first = this.text[this.at];
    if (first !== '\n' && first !== undefined && first !== '#') return this.#inline(indent);
    this.endOfLine();
    const next = this.#peek();
    if (next < indent || next === -1) return null;
    this.#next();
    if (next > indent) return this.#block(next);
    if (this.#isDash()) return this.#list(indent);
    this.at -= next;
    return null;
  }

  /** A value that begins on this line. */
  #inline(indent: number): unknown {
    const first = this.text[this.at];
    if (first === '|') return this.#literal(indent);
    const quoted = first === '"' || first === "'";
    const flow = first === '{' || first === '[';
    this.flowIndent = indent;
    const value = flow ? this.flow() : quoted ? this.quoted() : this.plain();
    this.endOfLine();
    // Text that goes on in a deeper line is for the full parser; so is a key that is itself a collection.
    if (this.#peek() > indent) this.giveUp();
    return value;
  }

  /** '|' and '|-'; lines deeper than the key they belong to. */
  #literal(indent: number): string {
    this.at++;
    const strip = this.text[this.at] === '-';
    if (strip) this.at++;
    this.endOfLine();
    const lines: string[] = [];
    let deep = -1;
    while (this.at < this.text.length) {
      let end = this.text.indexOf('\n', this.at);
      if (end < 0) end = this.text.length;
      const line = this.text.slice(this.at, end);
      const column = line.search(/[^ ]/);
      if (column >= 0 && deep < 0) {
        if (column <= indent) break;
        if (lines.some((blank) => blank.length > column)) this.giveUp();
        deep = column;
      }
      if (column >= 0 && column < deep) {
        if (column > indent) this.giveUp();
        break;
      }
      lines.push(line);
      this.at = Math.min(end + 1, this.text.length);
    }
    if (deep < 0) this.giveUp();
    const content = lines.map((line) => line.slice(deep));
    while (content.at(-1) === '') content.pop();
    return `${content.join('\n')}${strip ? '' : '\n'}`;
  }
}
