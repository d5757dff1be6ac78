// Field selectors: 'spec.nodeName=n1,status.phase!=Running'.
import { badRequest } from '../errors.ts';

/** One condition; '==' is read as '='. */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** Parses a field selector. '' has no requirements. A backslash escapes ',', '=' and itself. Throws BadRequest. */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  return splitTerms(text)
    .filter((term) => term !== '')
    .map(parseTerm);
}

/** Whether all requirements hold; `valueOf` gives the text of a field ('' when it is unset). */
export function fieldsMatch(requirements: readonly FieldRequirement[], valueOf: (field: string) => string): boolean {
  return requirements.every((r) => (valueOf(r.field) === r.value) === (r.operator === '='));
}

function splitTerms(text: string): readonly string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...terms, text.slice(start)];
}

function parseTerm(term: string): FieldRequirement {
  const match = /^((?:\\.|[^\\=!])*?)(!=|==|=)([\s\S]*)$/.exec(term);
  if (!match) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
  const [, field = '', operator = '=', value = ''] = match;
  return { field, operator: operator === '!=' ? '!=' : '=', value: unescape(value, term) };
}

function unescape(value: string, term: string): string {
  if (/(?<!\\)(?:\\\\)*=/.test(value)) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
  return value.replace(/\\([\\,=])/g, '$1');
}
