// Strings beyond CEL's own: the extension's functions, and regular expressions that always end.
import type { Environment } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';

/** Name under which `matches` is called after it was rewritten: the engine's own runs a backtracking matcher. */
export const MATCHES = 'holdfast_re2_matches';

export function addStrings(env: Environment): void {
  const sync = { async: false };
  const regex = regexCache();
  env.registerFunction(`string.${MATCHES}(string): bool`, (text: string, pattern: string) => regex(pattern).matcher(text).find(), sync);
  env.registerFunction(`${MATCHES}(string, string): bool`, (text: string, pattern: string) => regex(pattern).matcher(text).find(), sync);
  env.registerFunction(
    'string.find(string): string',
    (text: string, pattern: string) => {
      const matcher = regex(pattern).matcher(text);
      return matcher.find() ? (matcher.group() ?? '') : '';
    },
    sync,
  );
  env.registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => findAll(regex(pattern), text, -1n), sync);
  env.registerFunction(
    'string.findAll(string, int): list<string>',
    (text: string, pattern: string, limit: bigint) => findAll(regex(pattern), text, limit),
    sync,
  );
  env.registerFunction(
    'string.charAt(int): string',
    (text: string, index: bigint) => {
      const points = Array.from(text);
      if (index < 0n || index > BigInt(points.length)) throw new Error(`index out of range: ${index}`);
      return points[Number(index)] ?? '';
    },
    sync,
  );
  env.registerFunction(
    'string.replace(string, string): string',
    (text: string, from: string, to: string) => text.replaceAll(from, () => to),
    sync,
  );
  env.registerFunction(
    'string.replace(string, string, int): string',
    (text: string, from: string, to: string, limit: bigint) => {
      if (limit < 0n) return text.replaceAll(from, () => to);
      let left = limit;
      return text.replaceAll(from, (found) => (left-- > 0n ? to : found));
    },
    sync,
  );
  env.registerFunction('string.format(list): string', formatText, sync);
  env.registerFunction('strings_quote(string): string', (text: string) => JSON.stringify(text), sync);
}

function findAll(regex: RE2JS, text: string, limit: bigint): string[] {
  const matcher = regex.matcher(text);
  const found: string[] = [];
  while ((limit < 0n || BigInt(found.length) < limit) && matcher.find()) found.push(matcher.group() ?? '');
  return found;
}

const CACHED_PATTERNS = 64;

/** Compiled patterns: most are constants of a rule. */
function regexCache(): (pattern: string) => RE2JS {
  const cache = new Map<string, RE2JS>();
  return (pattern) => {
    const known = cache.get(pattern);
    if (known) return known;
    const compiled = RE2JS.compile(pattern);
    if (cache.size >= CACHED_PATTERNS) cache.clear();
    cache.set(pattern, compiled);
    return compiled;
  };
}

function formatText(template: string, args: readonly unknown[]): string {
  let next = 0;
  return template.replaceAll(
    /%(%|(?:\.(\d+))?([a-zA-Z]))/g,
    (_all, percent: string, digits: string | undefined, verb: string | undefined) => {
      if (percent === '%') return '%';
      if (next >= args.length) throw new Error(`index ${next} out of range`);
      const value = args[next++];
      switch (verb) {
        case 's':
          return textOf(value);
        case 'd':
          if (typeof value !== 'bigint' && typeof value !== 'number')
            throw new Error('error during formatting: decimal clause can only be used on integers');
          return String(value);
        case 'f':
          return Number(value).toFixed(Number(digits ?? 6));
        case 'e':
          return Number(value).toExponential(Number(digits ?? 6));
        case 'x':
        case 'X': {
          const hex = typeof value === 'bigint' ? value.toString(16) : Buffer.from(String(value)).toString('hex');
          return verb === 'X' ? hex.toUpperCase() : hex;
        }
        case 'o':
          return BigInt(String(value)).toString(8);
        case 'b':
          return typeof value === 'boolean' ? String(Number(value)) : BigInt(String(value)).toString(2);
        default:
          throw new Error(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
      }
    },
  );
}

/** A scalar, or an object with a text of its own. */
function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? (value as { toString(): string }).toString() : String(value);
}

function textOf(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`;
  if (value instanceof Map) {
    const entries = [...value].map(([key, member]) => `${textOf(key)}: ${textOf(member)}`);
    return `{${entries.toSorted().join(', ')}}`;
  }
  return shown(value);
}
