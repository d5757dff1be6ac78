// YAML of which the places of fields are asked for: quickly where it is plain, by the full parser where it is not.
import type { LocatedYaml } from './full-yaml.ts';
import { once } from './memoize.ts';
import { readPlainYaml } from './plain-yaml.ts';

/**
 * Parses one document and knows where its fields stand. Plain documents are read quickly, and again only to locate; the full parser is
 * loaded for the first one that is not plain. Rejects with RangeError for what is so deep that the stack does not hold it, else never.
 */
export async function parseYamlWithPlaces(text: string): Promise<LocatedYaml> {
  const lines = text.includes('\r') ? text.replaceAll('\r\n', '\n') : text;
  const quick = readPlainYaml(lines);
  if (!quick) return (await import('./full-yaml.ts')).parseFully(text);
  return { value: quick.value, error: undefined, locate: plainLocator(lines) };
}

/** Reads the text again when the first place is asked for. */
function plainLocator(text: string): LocatedYaml['locate'] {
  const again = once(() => readPlainYaml(text, true));
  const lines = once(() => lineStarts(text));
  const start = once(() => Math.max(0, text.search(/^(?!---|#|\s*$)/m)));
  return (path) => {
    const { value, offsets } = again() ?? {};
    let node = value;
    let offset = start();
    for (const step of path) {
      const found = typeof node === 'object' && node !== null ? offsets?.get(node)?.get(step) : undefined;
      if (found === undefined) return undefined;
      offset = found;
      node = (node as Readonly<Record<string | number, unknown>>)[step];
    }
    const line = lines().findLastIndex((from) => from <= offset);
    return { line: line + 1, column: offset - (lines()[line] ?? 0) + 1 };
  };
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
