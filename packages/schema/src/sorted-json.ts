// JSON whose text does not depend on the order in which members were written.

/** What Go's strings are escaped by, beyond JSON: `<`, `>`, `&` and the two separators of lines. */
const ESCAPED = /[<>&\u2028\u2029]/g;

/**
 * The JSON of a value with the members of all objects sorted by name, as Go's `json.Marshal` writes a map, its escapes included.
 * Equal values have the same text, whatever order their members stand in; a member that is undefined counts as absent.
 */
export function sortedJson(value: unknown): string {
  return textOf(value).replace(ESCAPED, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${textOf(member)}`).join(',')}}`;
}
