// Runs rules over a graph.
import type { Loaded } from './load/loaded.ts';
import { buildGraph, type Graph } from './model/graph.ts';
import type { Finding, Rule } from './rule.ts';
import { RULES } from './rules/index.ts';

/** The outcome of a check. */
export interface CheckResult {
  readonly graph: Graph;
  readonly loaded: Loaded;
  readonly findings: readonly Finding[];
  /** Rules that could not run, with the kinds that they lacked. */
  readonly notRun: readonly { readonly rule: string; readonly lacks: readonly string[] }[];
}

/** Checks what was loaded with all rules, or those given. */
export function check(loaded: Loaded, rules: readonly Rule[] = RULES): CheckResult {
  const graph = buildGraph(loaded.objects);
  const lacking = (rule: Rule): readonly string[] => rule.needs.filter((kind) => loaded.notListed.has(kind));
  const runnable = rules.filter((rule) => lacking(rule).length === 0);
  const findings = graph.workloads.flatMap((workload) =>
    runnable
      .filter(({ appliesTo }) => appliesTo === 'workloads' || workload.database.length > 0)
      .flatMap((rule) => rule.check(graph, workload).map((found) => ({ ...found, rule: rule.id, severity: rule.severity, workload }))),
  );
  const notRun = rules.filter((rule) => lacking(rule).length > 0).map((rule) => ({ rule: rule.id, lacks: lacking(rule) }));
  return { graph, loaded, findings, notRun };
}
