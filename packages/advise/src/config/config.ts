// What holdfast.yaml says: severities, engines, paths, findings to ignore, a baseline, rules of one's own.
import type { Engine } from '../model/engines.ts';
import type { Severity } from '../rule.ts';

/** A finding that is known and accepted for a time. */
export interface Ignore {
  readonly rule: string;
  /** 'StatefulSet data/db'; '*' stands for any text. */
  readonly object: string;
  readonly reason: string;
  /** YYYY-MM-DD, the last day on which it counts. */
  readonly until: string;
}

/** A rule as an expression that must hold for every workload. */
export interface CustomRule {
  readonly id: string;
  readonly title: string;
  /** CEL over `workload` (see docs/checks.md); must be true. */
  readonly expression: string;
  readonly message: string | undefined;
  readonly messageExpression: string | undefined;
  readonly loss: string;
  readonly fix: string;
  readonly severity: Severity;
  readonly appliesTo: 'databases' | 'workloads';
}

/** Everything optional in the file has its default here. */
export interface Config {
  /** 'off' switches a rule off. */
  readonly severities: ReadonlyMap<string, Severity | 'off'>;
  /** In addition to those built in; by the same name, in their stead. */
  readonly engines: readonly Engine[];
  /** Globs of files that are not checked. */
  readonly exclude: readonly string[];
  readonly ignore: readonly Ignore[];
  /** A file with fingerprints of findings that are known; relative to the config file. */
  readonly baseline: string | undefined;
  readonly rules: readonly CustomRule[];
}

/** What counts without a file. */
export const NO_CONFIG: Config = { severities: new Map(), engines: [], exclude: [], ignore: [], baseline: undefined, rules: [] };
