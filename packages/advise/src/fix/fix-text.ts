// Makes the changes that findings propose in the text of a file.
import { editYaml, type YamlEdit } from '@holdfast/schema/yaml-edit';
import { splitDocuments } from '../load/documents.ts';
import type { Finding } from '../rule.ts';

/** A file's text with what could be mended, and what could not. */
export interface FixedText {
  readonly text: string;
  readonly fixed: readonly Finding[];
  /** Findings with a change that cannot be made in this text without touching more, as with anchors. */
  readonly refused: readonly Finding[];
}

/** `findings` are those whose object is in the file. A finding without changes is in neither list. */
export function fixText(text: string, findings: readonly Finding[]): FixedText {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const fixed: Finding[] = [];
  const refused: Finding[] = [];
  const parts = splitDocuments(text.slice(mark.length)).map((document) => {
    let edited = document.text;
    const done = new Set<string>();
    for (const finding of findings) {
      const { origin } = finding.object;
      if (!finding.edits || !origin || origin.linesBefore !== document.linesBefore) continue;
      const edits = finding.edits.map(({ path, value }): YamlEdit => ({ path: [...origin.at, ...path], value }));
      // Two rules may ask for the same.
      const next = done.has(JSON.stringify(edits)) ? edited : editYaml(edited, edits);
      done.add(JSON.stringify(edits));
      if (next !== undefined) edited = next;
      (next === undefined ? refused : fixed).push(finding);
    }
    return { document, edited };
  });
  // What lies between documents (blank ones) stays where it is.
  let rest = text.slice(mark.length);
  let out = mark;
  for (const { document, edited } of parts) {
    const at = rest.indexOf(document.text);
    out += rest.slice(0, at) + edited;
    rest = rest.slice(at + document.text.length);
  }
  return { text: out + rest, fixed, refused };
}
