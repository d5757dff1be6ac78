// Checking
export type { CheckResult, CheckSettings } from './check.ts';
export { check } from './check.ts';
export { fingerprintOf } from './fingerprint.ts';
export type { Confidence, Finding, Rule, RuleDescription, Severity } from './rule.ts';
export { SEVERITIES } from './rule.ts';
export { RULES } from './rules/index.ts';
export { checkChanges } from './changes/check-changes.ts';
export { CHANGE_RULES } from './changes/index.ts';
// Loading
export { loadCluster } from './load/cluster.ts';
export { loadPaths, loadTexts, MANIFEST, STDIN } from './load/load.ts';
export type { Loaded, LoadProblem } from './load/loaded.ts';
// What was loaded
export type { Graph } from './model/graph.ts';
export type { SourcedObject } from './model/sourced-object.ts';
export { titleOf } from './model/sourced-object.ts';
export type { Workload } from './model/workload.ts';
// Settings
export type { Config, CustomRule, Ignore } from './config/config.ts';
export { NO_CONFIG } from './config/config.ts';
export { ConfigError, readConfig } from './config/read-config.ts';
export { readBaseline, toBaseline } from './config/baseline.ts';
export { globMatcher } from './config/glob.ts';
// Output
export { toText } from './output/human.ts';
export { toJson } from './output/json.ts';
export { toPage } from './output/page.ts';
export type { Paint } from './output/paint.ts';
