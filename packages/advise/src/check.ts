// Runs rules over a graph.
import type { Loaded } from './load/loaded.ts';
import { buildGraph, type Graph } from './model/graph.ts';
import type { Workload } from './model/workload.ts';
import type { Finding, Rule, RuleFinding } from './rule.ts';
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
  const graph = buildGraph(loaded);
  const lacking = (rule: Rule): readonly string[] => rule.needs.filter((kind) => loaded.notListed.has(kind));
  const runnable = rules.filter((rule) => lacking(rule).length === 0);
  const ofWorkloads = graph.workloads.flatMap((workload) =>
    runnable
      .filter(({ appliesTo }) => appliesTo === 'workloads' || workload.database.length > 0)
      .flatMap((rule) => rule.check(graph, workload).map((found) => complete(rule, found, workload))),
  );
  const ofObjects = runnable.flatMap((rule) => rule.checkObjects?.(graph).map((found) => complete(rule, found, undefined)) ?? []);
  const notRun = rules.filter((rule) => lacking(rule).length > 0).map((rule) => ({ rule: rule.id, lacks: lacking(rule) }));
  return { graph, loaded, findings: [...ofWorkloads, ...ofObjects], notRun };
}

function complete(rule: Rule, found: RuleFinding, workload: Workload | undefined): Finding {
  return { loss: rule.loss, fix: rule.fix, severity: rule.severity, ...found, rule: rule.id, workload };
}
