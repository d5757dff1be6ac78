// A check's outcome for people: grouped by workload, each finding with its proof, its price and its remedy.
import type { CheckResult } from '../check.ts';
import { titleOf } from '../model/sourced-object.ts';
import { type Finding, SEVERITIES } from '../rule.ts';
import { type Paint, PLAIN } from './paint.ts';

/** How to show a check. */
export interface TextOptions {
  /** A line of an input to show, where it can be had. */
  readonly lineOf: (file: string, line: number) => string | undefined;
  /** Without colour where it is left out. */
  readonly paint?: Paint;
}

/** Text, ending in a line that sums up. */
export function toText({ findings, graph, loaded, notRun, suppressed }: CheckResult, { lineOf, paint = PLAIN }: TextOptions): string {
  const out: string[] = [];
  for (const [subject, found] of bySubject(findings)) {
    out.push(paint.bold(subject));
    for (const finding of found) out.push(...findingLines(finding, lineOf, paint));
    out.push('');
  }
  for (const { file, line, column, message } of loaded.problems)
    out.push(`${paint.error('not checked')}: ${file}:${line}:${column} ${message}`);
  for (const { again, first } of loaded.duplicates) {
    out.push(
      `${paint.warning('twice')}: ${titleOf(again)} in ${again.file}:${again.place([]).line}; only the one in ${first.file}:${first.place([]).line} was checked`,
    );
  }
  for (const { rule, lacks } of notRun) out.push(`${paint.warning('not run')}: ${rule}, since ${lacks.join(' and ')} could not be listed`);
  if (loaded.objects.length === 0 && loaded.problems.length === 0)
    out.push(`${paint.error('not checked')}: there is no Kubernetes object in what was given`);
  for (const [kind, number] of graph.unknownKinds)
    out.push(`${paint.dim('passed over')}: ${count(number, 'object')} of kind ${kind}, which no rule knows`);
  const databases = graph.workloads.filter(({ database }) => database.length > 0).length;
  const kept = suppressed.length > 0 ? `, ${suppressed.length} suppressed` : '';
  out.push(
    `${count(loaded.objects.length, 'object')}, ${count(graph.workloads.length, 'workload')}, ${count(databases, 'database')}: ${count(findings.length, 'finding')}${bySeverity(findings)}${kept}`,
  );
  return `${out.join('\n')}\n`;
}

/** Findings of each workload, the gravest first; what belongs to no workload is a group of its own. */
export function bySubject(findings: readonly Finding[]): ReadonlyMap<string, readonly Finding[]> {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const subject = subjectOf(finding);
    const group = groups.get(subject);
    if (group) group.push(finding);
    else groups.set(subject, [finding]);
  }
  const weight = ({ severity }: Finding): number => -SEVERITIES.indexOf(severity);
  return new Map([...groups].map(([subject, group]) => [subject, group.toSorted((a, b) => weight(a) - weight(b))]));
}

/** The workload and its engine, or the object itself. */
export function subjectOf({ workload, object }: Finding): string {
  if (!workload) return titleOf(object);
  return `${titleOf(workload.source)}${workload.engine ? ` (${workload.engine.name})` : ''}`;
}

function findingLines(finding: Finding, lineOf: TextOptions['lineOf'], paint: Paint): readonly string[] {
  const { object, path, severity, rule, message, evidence, loss, fix, confidence } = finding;
  const { line, column } = object.place(path);
  const shown = lineOf(object.file, line);
  return [
    `  ${paint[severity](severity)} ${paint.bold(rule)}: ${message}`,
    paint.dim(`    ${object.file}:${line}:${column}`),
    ...(shown === undefined ? [] : [`    ${paint.dim(`${line} |`)} ${shown}`]),
    ...evidence.map(
      (link) =>
        `    ${paint.dim('because')} ${titleOf(link.object)} (${link.object.file}:${link.object.place(link.path).line}) ${link.says}`,
    ),
    `    ${paint.dim('lost:')} ${loss}`,
    `    ${paint.dim('fix:')} ${fix}`,
    ...(confidence === 'high' ? [] : [`    ${paint.dim('confidence:')} ${confidence}`]),
  ];
}

function bySeverity(findings: readonly Finding[]): string {
  const counts = SEVERITIES.toReversed()
    .map((severity) => [severity, findings.filter((finding) => finding.severity === severity).length] as const)
    .filter(([, number]) => number > 0);
  return counts.length === 0 ? '' : ` (${counts.map(([severity, number]) => `${number} ${severity}`).join(', ')})`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
