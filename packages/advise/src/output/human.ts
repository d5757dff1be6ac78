// A check's outcome for people: grouped by workload, each finding with its proof, its price and its remedy.
import type { CheckResult } from '../check.ts';
import { titleOf } from '../model/sourced-object.ts';
import type { Finding } from '../rule.ts';

/** Text without colour. `lineOf` gives a line of an input to show, where it can be had. */
export function toText(
  { findings, graph, loaded, notRun }: CheckResult,
  lineOf: (file: string, line: number) => string | undefined,
): string {
  const out: string[] = [];
  const bySubject = new Map<string, Finding[]>();
  for (const finding of findings) {
    const subject = subjectOf(finding);
    const group = bySubject.get(subject);
    if (group) group.push(finding);
    else bySubject.set(subject, [finding]);
  }
  for (const [subject, found] of bySubject) {
    out.push(subject);
    for (const finding of found) out.push(...findingLines(finding, lineOf));
    out.push('');
  }
  for (const { file, line, column, message } of loaded.problems) out.push(`not checked: ${file}:${line}:${column} ${message}`);
  for (const { again, first } of loaded.duplicates) {
    out.push(
      `twice: ${titleOf(again)} in ${again.file}:${again.place([]).line}; only the one in ${first.file}:${first.place([]).line} was checked`,
    );
  }
  for (const { rule, lacks } of notRun) out.push(`not run: ${rule}, since ${lacks.join(' and ')} could not be listed`);
  const databases = graph.workloads.filter(({ database }) => database.length > 0).length;
  out.push(
    `${count(loaded.objects.length, 'object')}, ${count(graph.workloads.length, 'workload')}, ${count(databases, 'database')}: ${count(findings.length, 'finding')}`,
  );
  return `${out.join('\n')}\n`;
}

/** The workload and its engine, or the object itself. */
export function subjectOf({ workload, object }: Finding): string {
  if (!workload) return titleOf(object);
  return `${titleOf(workload.source)}${workload.engine ? ` (${workload.engine.name})` : ''}`;
}

function findingLines(finding: Finding, lineOf: (file: string, line: number) => string | undefined): readonly string[] {
  const { object, path, severity, rule, message, evidence, loss, fix, confidence } = finding;
  const { line, column } = object.place(path);
  const shown = lineOf(object.file, line);
  return [
    `  ${severity} ${rule}: ${message}`,
    `    ${object.file}:${line}:${column}`,
    ...(shown === undefined ? [] : [`    ${line} | ${shown}`]),
    ...evidence.map(
      (link) => `    because ${titleOf(link.object)} (${link.object.file}:${link.object.place(link.path).line}) ${link.says}`,
    ),
    `    lost: ${loss}`,
    `    fix: ${fix}`,
    ...(confidence === 'high' ? [] : [`    confidence: ${confidence}`]),
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
