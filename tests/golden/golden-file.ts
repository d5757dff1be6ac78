// Golden files: what kubectl printed, with ages taken out, since those are measured by the clock of the machine that reads.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'files');
const UID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
/** A line of describe, or one of `kubectl get events`. */
const EVENT = /^(?: {2}|\S+ +)(?:Normal|Warning) /;
const AGE = String.raw`(?:\d+[smhdy])+|<unknown>|<invalid>`;

/**
 * Takes out what differs from run to run: how long ago something was, and uids. Times of the cluster's own clock stay. Events of one
 * second come in no particular order, so they are sorted by object, reason and text.
 */
export function withoutAges(text: string): string {
  return (
    sortEvents(text.split('\n'))
      .map((line) =>
        line
          // Events of describe: Type Reason Age From Message.
          .replace(new RegExp(`^(  (?:Normal|Warning) +\\S+ +)(?:${AGE})( \\(x\\d+)?(?: over (?:${AGE}))?(\\))?( +)`), '$1<age>$2$3  ')
          // `kubectl get events`: LAST SEEN first.
          .replace(new RegExp(`^(?:${AGE})( +(?:Normal|Warning) )`), '<age>$1')
          .replace(new RegExp(`\\(lasts (?:${AGE})\\)`), '(lasts <age>)')
          // The last column of other tables.
          .replace(new RegExp(` {2,}(?:${AGE})$`), '  <age>')
          .replace(new RegExp(`\\((?:${AGE}) ago\\)`), '(<age> ago)')
          .replaceAll(UID, '<uid>')
          // Columns are as wide as ages happen to be.
          .replaceAll(/ {2,}(?=\S)/g, (gap, at: number) => (at === 0 ? gap : '  '))
          .trimEnd(),
      )
      .join('\n')
      .trimEnd() + '\n'
  );
}

/** Runs of event lines by reason and text. */
function sortEvents(lines: readonly string[]): readonly string[] {
  const sorted: string[] = [];
  for (let at = 0; at < lines.length; ) {
    let end = at;
    while (EVENT.test(lines[end] ?? '')) end++;
    sorted.push(...lines.slice(at, end).toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1)), ...lines.slice(end, end + 1));
    at = end + 1;
  }
  return sorted;
}

/** What an event is about, without its age and type. */
function textOf(line: string): string {
  const columns = line.trim().split(/ {2,}/);
  // describe: type, reason, age, from, message; get events: age, type, reason, object, message.
  const [reason, ...rest] = line.startsWith('  ') ? [columns[1], ...columns.slice(3)] : columns.slice(2);
  return line.startsWith('  ') ? [reason, ...rest].join(' ') : [rest[0], reason, ...rest.slice(1)].join(' ');
}

/** Where the words of a scenario come from, and what it printed. */
export interface GoldenText {
  readonly title: string;
  readonly sources: readonly string[];
  /** Command and output. */
  readonly outputs: readonly (readonly [command: string, output: string])[];
}

export function goldenText({ title, sources, outputs }: GoldenText): string {
  const head = [`# ${title}`, ...sources.map((source) => `# source: ${source}`)];
  const body = outputs.map(([command, output]) => `$ ${command}\n${withoutAges(output)}`);
  return `${head.join('\n')}\n\n${body.join('\n')}`;
}

/** The file of a scenario. With HOLDFAST_GOLDEN=write it is written from `actual` first: look at the difference before keeping it. */
export function goldenFile(name: string, actual: string): string {
  const file = join(folder, `${name}.txt`);
  if (process.env['HOLDFAST_GOLDEN'] === 'write') writeFileSync(file, actual);
  if (!existsSync(file)) throw new Error(`${file} is missing: write it with HOLDFAST_GOLDEN=write and look at it`);
  return readFileSync(file, 'utf8');
}
