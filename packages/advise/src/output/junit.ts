// A check's outcome as JUnit XML: a suite for each workload, a case for each rule that looked at it.
import type { CheckResult } from '../check.ts';
import { titleOf } from '../model/sourced-object.ts';
import type { Workload } from '../model/workload.ts';
import type { Finding, Rule } from '../rule.ts';
import { escapeMarkup } from './escape.ts';

/** Findings are failures; what could not be read is an error of a suite of its own; rules that could not run are skipped. */
export function toJunit({ findings, graph, loaded, notRun }: CheckResult, rules: readonly Rule[]): string {
  const skipped = new Set(notRun.map(({ rule }) => rule));
  const byWorkload = new Map<Workload, Finding[]>();
  for (const finding of findings) {
    if (!finding.workload) continue;
    const group = byWorkload.get(finding.workload);
    if (group) group.push(finding);
    else byWorkload.set(finding.workload, [finding]);
  }
  const suites = graph.workloads.map((workload) => {
    const applied = rules.filter(({ appliesTo }) => appliesTo === 'workloads' || workload.database.length > 0);
    const own = byWorkload.get(workload) ?? [];
    // Rules about updates have no case unless they found something.
    const ids = new Set([...applied.map(({ id }) => id), ...own.map(({ rule }) => rule)]);
    const cases = [...ids].map((id) => {
      const found = own.filter(({ rule }) => rule === id);
      return caseOf(id, skipped.has(id) ? '<skipped/>' : found.map(failure).join(''));
    });
    return suite(titleOf(workload.source), cases);
  });
  const others = findings.filter(({ workload }) => workload === undefined || !graph.workloads.includes(workload));
  if (others.length > 0)
    suites.push(
      suite(
        'objects of no workload',
        others.map((finding) => caseOf(`${finding.rule} ${titleOf(finding.object)}`, failure(finding))),
      ),
    );
  if (loaded.problems.length > 0) {
    const cases = loaded.problems.map(({ file, line, column, message }) =>
      caseOf(`${file}:${line}:${column}`, `<error message="${escapeMarkup(message)}"/>`),
    );
    suites.push(suite('not checked', cases));
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="holdfast check">\n${suites.join('\n')}\n</testsuites>\n`;
}

function failure({ severity, message, object, path, loss, fix }: Finding): string {
  const { line, column } = object.place(path);
  const text = `${object.file}:${line}:${column}\nlost: ${loss}\nfix: ${fix}`;
  return `<failure type="${severity}" message="${escapeMarkup(message)}">${escapeMarkup(text)}</failure>`;
}

function caseOf(name: string, content: string): string {
  return `    <testcase classname="holdfast" name="${escapeMarkup(name)}">${content}</testcase>`;
}

function suite(name: string, cases: readonly string[]): string {
  const number = (mark: string): number => cases.filter((one) => one.includes(mark)).length;
  const counts = `tests="${cases.length}" failures="${number('<failure ')}" errors="${number('<error ')}" skipped="${number('<skipped/>')}"`;
  return `  <testsuite name="${escapeMarkup(name)}" ${counts}>\n${cases.join('\n')}\n  </testsuite>`;
}
