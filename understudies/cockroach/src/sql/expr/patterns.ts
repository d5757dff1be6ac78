// LIKE and regular expressions, in bounded time.
import { SqlError } from '../errors.ts';
import { codePoints } from '../values/text.ts';

const MAX_PATTERN = 500;
const MAX_SUBJECT = 100_000;

/** LIKE: `%` is any text, `_` any character, a backslash takes the next one literally. */
export function matchesLike(subject: string, pattern: string, ignoreCase: boolean): boolean {
  const text = codePoints(ignoreCase ? subject.toLowerCase() : subject);
  const parts = likeParts(ignoreCase ? pattern.toLowerCase() : pattern);
  let at = 0;
  let part = 0;
  let star = -1;
  let retry = 0;
  // At a mismatch the last `%` takes one character more: never more than length times length steps.
  while (at < text.length) {
    const wanted = parts[part];
    if (wanted?.any) {
      star = part++;
      retry = at;
    } else if (wanted && (wanted.one || wanted.literal === text[at])) {
      part++;
      at++;
    } else if (star >= 0) {
      part = star + 1;
      at = ++retry;
    } else {
      return false;
    }
  }
  return parts.slice(part).every(({ any }) => any);
}

interface LikePart {
  readonly any?: boolean;
  readonly one?: boolean;
  readonly literal?: string;
}

function likeParts(pattern: string): readonly LikePart[] {
  const parts: LikePart[] = [];
  const characters = codePoints(pattern);
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index]!;
    if (character === '%') parts.push({ any: true });
    else if (character === '_') parts.push({ one: true });
    else if (character === '\\') {
      if (++index >= characters.length) throw new SqlError('22025', 'LIKE pattern must not end with escape character');
      parts.push({ literal: characters[index]! });
    } else parts.push({ literal: character });
  }
  return parts;
}

/** `~` and its kin. Patterns on which a backtracking engine may never end are refused. Throws 2201B. */
export function compileRegex(pattern: string, ignoreCase: boolean): (subject: string) => boolean {
  if (pattern.length > MAX_PATTERN)
    throw new SqlError('2201B', `a regular expression of more than ${MAX_PATTERN} characters is refused by this understudy`);
  if (/\\\d|\(\?/.test(pattern)) throw new SqlError('2201B', 'back references and (?…) groups are refused by this understudy');
  const quantifiers = pattern.match(/[*+{]/g)?.length ?? 0;
  // Time grows with a power of the number of repetitions; one within another has no bound that is of use.
  if (quantifiers > 3 || (quantifiers > 1 && /\([^)]*[*+{|][^)]*\)[*+{]/.test(pattern)))
    throw new SqlError(
      '2201B',
      'a regular expression with more than three repetitions, or with one inside another, is refused by this understudy',
    );
  let expression: RegExp;
  try {
    expression = new RegExp(pattern, ignoreCase ? 'iu' : 'u');
  } catch (error) {
    throw new SqlError('2201B', `invalid regular expression: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const longest = quantifiers > 1 ? 1_000 : MAX_SUBJECT;
  return (subject) => {
    if (subject.length > longest)
      throw new SqlError('2201B', `a text of more than ${longest} characters is refused for this regular expression`);
    return expression.test(subject);
  };
}
