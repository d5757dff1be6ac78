// Runs rules over a graph.
import { CHANGE_RULES } from './changes/index.ts';
import { type Config, NO_CONFIG } from './config/config.ts';
import { annotationProblems, suppress, type Suppressed } from './config/suppress.ts';
import type { Loaded } from './load/loaded.ts';
import { ENGINES } from './model/engines.ts';
import { buildGraph, type Graph } from './model/graph.ts';
import type { Workload } from './model/workload.ts';
import type { Finding, Rule, RuleFinding } from './rule.ts';
import { RULES } from './rules/index.ts';

/** The outcome of a check. */
export interface CheckResult {
  readonly graph: Graph;
  /** What was loaded; problems of annotations are added to its own. */
  readonly loaded: Loaded;
  readonly findings: readonly Finding[];
  readonly suppressed: readonly Suppressed[];
  /** Rules that could not run, with the kinds that they lacked. */
  readonly notRun: readonly { readonly rule: string; readonly lacks: readonly string[] }[];
}

/** How to check. */
export interface CheckSettings {
  /** All that are built in where it is left out; rules of one's own are added to it. */
  readonly rules?: readonly Rule[];
  readonly config?: Config;
  /** Findings about an update, to be judged with the others. */
  readonly changes?: readonly Finding[];
  /** Fingerprints of findings that are known. */
  readonly baseline?: ReadonlySet<string>;
  /** YYYY-MM-DD, for what is accepted until a day. Left out: everything has ended. */
  readonly today?: string;
}

/** Checks what was loaded. */
export function check(
  loaded: Loaded,
  { rules = RULES, config = NO_CONFIG, changes = [], baseline = new Set(), today = '9999-12-31' }: CheckSettings = {},
): CheckResult {
  const own = config.engines.map(({ name }) => name);
  const graph = buildGraph(loaded, [...config.engines, ...ENGINES.filter(({ name }) => !own.includes(name))]);
  const lacking = (rule: Rule): readonly string[] => rule.needs.filter((kind) => loaded.notListed.has(kind));
  const wanted = rules.filter(({ id }) => config.severities.get(id) !== 'off');
  const runnable = wanted.filter((rule) => lacking(rule).length === 0);
  const complete = (rule: Rule, found: RuleFinding, workload: Workload | undefined): Finding => {
    const said = config.severities.get(rule.id);
    const severity = said === undefined || said === 'off' ? (found.severity ?? rule.severity) : said;
    return { loss: rule.loss, fix: rule.fix, ...found, severity, rule: rule.id, workload };
  };
  const ofWorkloads = graph.workloads.flatMap((workload) =>
    runnable
      .filter(({ appliesTo }) => appliesTo === 'workloads' || workload.database.length > 0)
      .flatMap((rule) => rule.check(graph, workload).map((found) => complete(rule, found, workload))),
  );
  const ofObjects = runnable.flatMap((rule) => rule.checkObjects?.(graph).map((found) => complete(rule, found, undefined)) ?? []);
  const notRun = wanted.filter((rule) => lacking(rule).length > 0).map((rule) => ({ rule: rule.id, lacks: lacking(rule) }));
  const problems = annotationProblems(loaded.objects, new Set([...rules, ...CHANGE_RULES].map(({ id }) => id)), today);
  const judged = suppress([...ofWorkloads, ...ofObjects, ...changes], { ignore: config.ignore, baseline, today });
  return { graph, loaded: { ...loaded, problems: [...loaded.problems, ...problems] }, ...judged, notRun };
}
