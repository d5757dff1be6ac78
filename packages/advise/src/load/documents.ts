// Cuts a text into its YAML documents, so that a broken one does not take the others with it.

/** One document of a text. */
export interface TextDocument {
  readonly text: string;
  /** Lines of the whole text before it. */
  readonly linesBefore: number;
}

/** Documents as separated by lines that begin with '---'; those with only blank lines and comments are left out. */
export function splitDocuments(text: string): readonly TextDocument[] {
  const documents: TextDocument[] = [];
  let from = 0;
  let linesBefore = 0;
  const keep = (to: number): void => {
    const part = text.slice(from, to);
    if (/^[ \t]*[^\s#%-]|^[ \t]*-(?!--)/m.test(part)) documents.push({ text: part, linesBefore });
    linesBefore += newlines(part);
    from = to;
  };
  // A document's own '---' line stays with it: lines keep their numbers, and '--- {inline: true}' is YAML too.
  for (const mark of text.matchAll(/^---(?=\s|$)/gm)) if (mark.index > from) keep(mark.index);
  keep(text.length);
  return documents;
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
