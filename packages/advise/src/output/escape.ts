// Text inside XML and HTML.

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

/** For text and for attributes in quotes. Control characters, which XML does not have, become spaces. */
export function escapeMarkup(text: string): string {
  return Array.from(text, (character) => ENTITIES.get(character) ?? (isForbidden(character) ? ' ' : character)).join('');
}

/** Below a space, XML has only tab and the two line ends. */
function isForbidden(character: string): boolean {
  return character < ' ' && !'\t\n\r'.includes(character);
}
