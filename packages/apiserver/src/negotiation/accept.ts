// Reads an Accept header as the API server does: media types in order of preference, with their parameters.

/** One media type of an Accept header. */
export interface AcceptedType {
  /** 'application/json', lower case; may be '*\/*' or 'application/*'. */
  readonly mediaType: string;
  /** Parameters such as `as`, `g` and `v`; `q` is not among them. */
  readonly parameters: Readonly<Record<string, string>>;
}

const ANYTHING: readonly AcceptedType[] = [{ mediaType: '*/*', parameters: {} }];
/** What clients in this process, and most others, ask for. */
const JSON_ONLY: readonly AcceptedType[] = [{ mediaType: 'application/json', parameters: {} }];

/** The media types in order of their quality, those of equal quality as they stand. An absent header accepts everything. */
export function parseAccept(header: string | undefined): readonly AcceptedType[] {
  if (header === undefined || header.trim() === '') return ANYTHING;
  if (header === 'application/json') return JSON_ONLY;
  return header
    .split(',')
    .map(parseClause)
    .filter(({ type, quality }) => type.mediaType !== '' && quality > 0)
    .toSorted((a, b) => b.quality - a.quality)
    .map(({ type }) => type);
}

/** Whether `accepted` ('*\/*', 'application/*', …) covers `mediaType`. */
export function covers(accepted: AcceptedType, mediaType: string): boolean {
  if (accepted.mediaType === mediaType || accepted.mediaType === '*/*') return true;
  return accepted.mediaType.endsWith('/*') && mediaType.startsWith(accepted.mediaType.slice(0, -1));
}

function parseClause(clause: string): { readonly type: AcceptedType; readonly quality: number } {
  const [mediaType = '', ...rest] = clause.split(';').map((part) => part.trim());
  const pairs = rest.map((part): readonly [string, string] => {
    const equals = part.indexOf('=');
    return equals < 0 ? [part.toLowerCase(), ''] : [part.slice(0, equals).trim().toLowerCase(), unquoted(part.slice(equals + 1).trim())];
  });
  const quality = Number(pairs.find(([name]) => name === 'q')?.[1] ?? 1);
  return {
    type: { mediaType: mediaType.toLowerCase(), parameters: Object.fromEntries(pairs.filter(([name]) => name !== 'q')) },
    quality: Number.isFinite(quality) ? quality : 0,
  };
}

function unquoted(text: string): string {
  return text.startsWith('"') && text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text;
}
