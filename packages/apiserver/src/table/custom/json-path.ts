// The JSONPath of printer columns: '.status.conditions[?(@.type=="Ready")].status'. The grammar is kubectl's, of which
// templates, functions and arithmetic are not needed here.

/** One step from a value to others. */
type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'descend' }
  | { readonly kind: 'slice'; readonly start?: number; readonly end?: number; readonly step: number }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'union'; readonly steps: readonly Step[] }
  | { readonly kind: 'filter'; readonly test: (value: unknown) => boolean };

/** Finds values; a part of the path that is missing finds nothing. */
export type JsonPath = (root: unknown) => readonly unknown[];

/** Why a path cannot be read. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

/** Reads a path; with or without a leading '$', with or without braces. Throws JsonPathError. */
export function compileJsonPath(text: string): JsonPath {
  const inner = /^\{(.*)\}$/s.exec(text.trim())?.[1] ?? text.trim();
  const steps = new PathReader(inner).read();
  return (root) => steps.reduce<readonly unknown[]>((values, step) => values.flatMap((value) => take(step, value)), [root]);
}

function take(step: Step, value: unknown): readonly unknown[] {
  switch (step.kind) {
    case 'field':
      return isObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case 'wildcard':
      return childrenOf(value);
    case 'descend':
      return descendants(value);
    case 'index':
      return Array.isArray(value) ? itemAt(value, step.index) : [];
    case 'slice':
      return Array.isArray(value) ? slice(value, step) : [];
    case 'union':
      return step.steps.flatMap((part) => take(part, value));
    case 'filter':
      return Array.isArray(value) ? value.filter(step.test) : [];
  }
}

function itemAt(list: readonly unknown[], index: number): readonly unknown[] {
  const at = index < 0 ? list.length + index : index;
  return at >= 0 && at < list.length ? [list[at]] : [];
}

function slice(list: readonly unknown[], { start = 0, end, step }: Extract<Step, { kind: 'slice' }>): readonly unknown[] {
  return list.slice(start, end).filter((_, index) => index % step === 0);
}

function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function descendants(value: unknown): readonly unknown[] {
  return [value, ...childrenOf(value).flatMap(descendants)];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const FIELD = /(?:\\.|[^.[\]\\\s])+/y;
const INDEX = /^-?\d+$/;
const SLICE = /^(-?\d*):(-?\d*)(?::(\d*))?$/;
const QUOTED = /^(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")$/;
const COMPARISON = /^(?<left>.+?)\s*(?<operator>==|!=|<=|>=|<|>)\s*(?<right>.+)$/s;

class PathReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): readonly Step[] {
    const steps: Step[] = [];
    if (this.#text[0] === '$' || this.#text[0] === '@') this.#at = 1;
    while (this.#at < this.#text.length) steps.push(...this.#step());
    return steps;
  }

  #step(): readonly Step[] {
    if (this.#text.startsWith('..', this.#at)) {
      this.#at += 2;
      return [{ kind: 'descend' }, ...(this.#text[this.#at] === '[' ? [] : [this.#field()])];
    }
    if (this.#text[this.#at] === '.') {
      this.#at += 1;
      // A lone dot is the value itself.
      return this.#at >= this.#text.length || this.#text[this.#at] === '[' ? [] : [this.#field()];
    }
    return this.#text[this.#at] === '[' ? [this.#brackets()] : [this.#field()];
  }

  #field(): Step {
    FIELD.lastIndex = this.#at;
    const found = FIELD.exec(this.#text)?.[0];
    if (found === undefined) throw new JsonPathError(`cannot read ${JSON.stringify(this.#text)} at ${this.#at}`);
    this.#at += found.length;
    return found === '*' ? { kind: 'wildcard' } : { kind: 'field', name: unescaped(found) };
  }

  #brackets(): Step {
    const end = closingBracket(this.#text, this.#at);
    const inner = this.#text.slice(this.#at + 1, end).trim();
    this.#at = end + 1;
    if (inner.startsWith('?(') && inner.endsWith(')')) return { kind: 'filter', test: filterOf(inner.slice(2, -1).trim()) };
    const parts = splitOutsideQuotes(inner);
    return parts.length > 1 ? { kind: 'union', steps: parts.map(subscript) } : subscript(inner);
  }
}

function subscript(text: string): Step {
  const part = text.trim();
  if (part === '*') return { kind: 'wildcard' };
  if (INDEX.test(part)) return { kind: 'index', index: Number(part) };
  const quoted = QUOTED.exec(part);
  if (quoted) return { kind: 'field', name: unescaped(quoted[1] ?? quoted[2] ?? '') };
  const found = SLICE.exec(part);
  if (!found) throw new JsonPathError(`cannot read the subscript [${text}]`);
  const [, start, end, step] = found;
  return {
    kind: 'slice',
    ...(start ? { start: Number(start) } : {}),
    ...(end ? { end: Number(end) } : {}),
    step: Math.max(1, Number(step || 1)),
  };
}

function filterOf(text: string): (value: unknown) => boolean {
  const comparison = COMPARISON.exec(text)?.groups;
  if (!comparison) {
    const exists = operandOf(text);
    return (value) => exists(value).length > 0;
  }
  const { left = '', operator = '', right = '' } = comparison;
  const [first, second] = [operandOf(left.trim()), operandOf(right.trim())];
  return (value) => {
    const [a] = first(value);
    const [b] = second(value);
    return a !== undefined && b !== undefined && compare(a, operator, b);
  };
}

function operandOf(text: string): JsonPath {
  if (text.startsWith('@') || text.startsWith('$')) return compileJsonPath(text);
  const quoted = QUOTED.exec(text);
  if (quoted) return constant(unescaped(quoted[1] ?? quoted[2] ?? ''));
  if (text === 'true' || text === 'false') return constant(text === 'true');
  const number = Number(text);
  if (text === '' || Number.isNaN(number)) throw new JsonPathError(`cannot read ${JSON.stringify(text)} in a filter`);
  return constant(number);
}

function constant(value: unknown): JsonPath {
  return () => [value];
}

function compare(a: unknown, operator: string, b: unknown): boolean {
  if (operator === '==') return a === b;
  if (operator === '!=') return a !== b;
  const ordered = (typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string');
  if (!ordered) return false;
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
}

function closingBracket(text: string, open: number): number {
  let depth = 0;
  let quote = '';
  for (let at = open; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '\\') at += 1;
    else if (quote) quote = character === quote ? '' : quote;
    else if (character === "'" || character === '"') quote = character;
    else if (character === '[') depth += 1;
    else if (character === ']') depth -= 1;
    if (depth === 0 && !quote) return at;
  }
  throw new JsonPathError(`unterminated array in ${JSON.stringify(text)}`);
}

function splitOutsideQuotes(text: string): readonly string[] {
  return text.match(/(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,'"])+/g) ?? [text];
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, '$1');
}
