// JSON bodies. Parsing is the engine's; finding duplicate keys, which it swallows, costs one more pass.
import { badRequest } from './errors.ts';
import { childPath } from './field-error.ts';

/** Go's own limit is 10,000; no object comes near this one. */
const MAX_DEPTH = 1_000;

/** A parsed document and the paths of keys that it states more than once ('metadata.name'). */
export interface Parsed {
  readonly value: unknown;
  readonly duplicates: readonly string[];
}

/**
 * Parses JSON. `__proto__` is an ordinary key; of duplicate keys the last holds. Throws BadRequest for what is not JSON, and
 * for what is nested deeper than anybody writes: all that walks documents may recurse.
 * `findDuplicates: false` spares the second pass where nobody asks (fieldValidation=Ignore).
 */
export function parseJson(bytes: Uint8Array | string, options: { readonly findDuplicates?: boolean } = {}): Parsed {
  const text = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes);
  // First, since parsing what is so deep takes long.
  const { colons, depth } = measure(text);
  if (depth > MAX_DEPTH) throw badRequest("couldn't get version/kind; json parse error: exceeded max depth");
  const value = parse(text);
  if (options.findDuplicates === false || colons === countMembers(value)) return { value, duplicates: [] };
  return { value, duplicates: findDuplicates(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = text.trim() === '' ? 'unexpected end of JSON input' : error instanceof Error ? error.message : String(error);
    throw badRequest(`couldn't get version/kind; json parse error: ${reason}`, { cause: error });
  }
}

/** Of text that may be JSON. Every member has one colon outside strings: fewer members than colons means that some key came twice. */
function measure(text: string): { readonly colons: number; readonly depth: number } {
  let colons = 0;
  let depth = 0;
  let open = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      i = stringEnd(text, i);
      if (i < 0) break;
    } else if (code === 0x3a) colons++;
    else if (code === 0x7b || code === 0x5b) depth = Math.max(depth, ++open);
    else if (code === 0x7d || code === 0x5d) open--;
  }
  return { colons, depth };
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members: readonly unknown[] = Object.values(value);
  let count = Array.isArray(value) ? 0 : members.length;
  for (const member of members) count += countMembers(member);
  return count;
}

/** Index of the quote that closes the string which opens at `open`. */
function stringEnd(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (isEscaped(text, close)) close = text.indexOf('"', close + 1);
  return close;
}

function isEscaped(text: string, quote: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes++;
  return slashes % 2 === 1;
}

interface Frame {
  /** Keys seen in an object; undefined in a list. */
  readonly keys: Set<string> | undefined;
  readonly path: string;
  /** Key or index of the value at hand. */
  key: string;
  index: number;
}

/** Walks text that is known to be JSON. */
function findDuplicates(text: string): readonly string[] {
  const found: string[] = [];
  const stack: Frame[] = [];
  for (let i = 0; i < text.length; i++) {
    const top = stack.at(-1);
    switch (text[i]) {
      case '{':
      case '[':
        stack.push({ keys: text[i] === '{' ? new Set() : undefined, path: top ? pathOf(top) : '', key: '', index: 0 });
        break;
      case '}':
      case ']':
        stack.pop();
        break;
      case ',':
        if (top) top.index++;
        break;
      case '"': {
        const end = stringEnd(text, i);
        if (top?.keys && followedByColon(text, end)) noteKey(top, JSON.parse(text.slice(i, end + 1)) as string, found);
        i = end;
        break;
      }
      default:
    }
  }
  return found;
}

function noteKey(frame: Frame, key: string, found: string[]): void {
  frame.key = key;
  if (frame.keys?.has(key)) found.push(pathOf(frame));
  frame.keys?.add(key);
}

function pathOf(frame: Frame): string {
  return frame.keys ? childPath(frame.path, frame.key) : `${frame.path}[${frame.index}]`;
}

function followedByColon(text: string, end: number): boolean {
  let i = end + 1;
  while (/\s/.test(text.charAt(i))) i++;
  return text[i] === ':';
}
