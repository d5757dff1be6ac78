// Who a write is made by: the field manager that the request names, or what is known of the client.
import { type ApiRequest, type FieldError, invalidValue, tooLong } from '@holdfast/schema';

const NAME_LIMIT = 128;
const SUBRESOURCE_LIMIT = 256;
/** What nearly every name is, told quickly. */
const PLAIN = /^[ -~]{0,128}$/;
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/**
 * The query's fieldManager, else the user agent up to its first slash. A caller in this process has no user agent: there the
 * last part of the user's name stands for it.
 */
export function managerName({ query, headers, user }: Pick<ApiRequest, 'query' | 'headers' | 'user'>): string {
  const named = query.get('fieldManager');
  if (named) return named;
  const agent = headers['user-agent'] ?? user.username.slice(user.username.lastIndexOf(':') + 1);
  const slash = agent.indexOf('/');
  const prefix = slash < 0 ? agent : agent.slice(0, slash);
  return PLAIN.test(prefix) ? prefix : truncated(Array.from(prefix).filter((character) => PRINTABLE.test(character)));
}

/** What is wrong with the manager that the options of a write name. */
export function managerProblems(query: URLSearchParams): readonly FieldError[] {
  return nameProblems(query.get('fieldManager') ?? '', 'fieldManager');
}

/** What is wrong with the managedFields of an object. */
export function managedFieldsProblems(
  entries: readonly { readonly manager?: string | undefined; readonly subresource?: string | undefined }[],
): readonly FieldError[] {
  return entries.flatMap(({ manager = '', subresource = '' }, index) => {
    if (PLAIN.test(manager) && subresource.length <= SUBRESOURCE_LIMIT) return [];
    const path = `metadata.managedFields[${index}]`;
    const long = subresource.length > SUBRESOURCE_LIMIT ? [tooLong(`${path}.subresource`, subresource, SUBRESOURCE_LIMIT)] : [];
    return [...nameProblems(manager, `${path}.manager`), ...long];
  });
}

function nameProblems(name: string, path: string): readonly FieldError[] {
  if (PLAIN.test(name)) return [];
  const errors: FieldError[] = [];
  if (Buffer.byteLength(name) > NAME_LIMIT) errors.push(tooLong(path, name, NAME_LIMIT));
  let position = 0;
  for (const character of name) {
    if (!PRINTABLE.test(character))
      errors.push(invalidValue(path, name, `invalid character ${unicode(character)} (at position ${position})`));
    position += Buffer.byteLength(character);
  }
  return errors;
}

/** 'U+000A', as Go's %#U prints what it cannot show. */
function unicode(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

function truncated(characters: readonly string[]): string {
  let text = '';
  for (const character of characters) {
    if (Buffer.byteLength(text + character) > NAME_LIMIT) break;
    text += character;
  }
  return text;
}
