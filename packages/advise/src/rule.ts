// The contract of a rule, and what a rule says.
import type { YamlEdit } from '@holdfast/schema';
import type { Graph } from './model/graph.ts';
import type { FieldPath, SourcedObject } from './model/sourced-object.ts';
import type { Workload } from './model/workload.ts';

/** 'error': data or availability is lost in an ordinary event. 'warning': in a rarer one. 'info': worth knowing. */
export type Severity = 'error' | 'warning' | 'info';

/** From least to most. */
export const SEVERITIES: readonly Severity[] = ['info', 'warning', 'error'];

/** 'high': follows from what was read. 'medium': rests on a likely reading. 'low': a hint. */
export type Confidence = 'high' | 'medium' | 'low';

/** One link of the chain that proves a finding. */
export interface Evidence {
  readonly object: SourcedObject;
  readonly path: FieldPath;
  readonly says: string;
}

/** What a rule returns: everything but what the rule itself already says. */
export interface RuleFinding {
  /** Where to point: object and field. */
  readonly object: SourcedObject;
  readonly path: FieldPath;
  readonly message: string;
  readonly evidence: readonly Evidence[];
  /** Where it differs from the rule's. */
  readonly loss?: string;
  readonly fix?: string;
  /** Where it is less grave than the rule's. */
  readonly severity?: Severity;
  readonly confidence: Confidence;
  /** Changes to `object` that mend it and can do no harm: none that touches data, none that the API server refuses. */
  readonly edits?: readonly YamlEdit[];
}

/** What a rule says about itself: its page is made of this. */
export interface RuleDescription {
  /** Name of its folder under rules/. */
  readonly id: string;
  readonly title: string;
  /** Why it matters, and what counts as evidence. */
  readonly about: string;
  /** What would be lost, and when. */
  readonly loss: string;
  readonly fix: string;
  /** Addresses of documentation, or of threads in which it happened. */
  readonly sources: readonly string[];
  /** Rows of the table of mistakes in docs/checks.md. */
  readonly mistakes: readonly number[];
  readonly severity: Severity;
}

/** One kind of mistake. */
export interface Rule extends RuleDescription {
  /** 'databases': only workloads with evidence of being one. */
  readonly appliesTo: 'databases' | 'workloads';
  /** Kinds that it reads besides workloads; it is not run where a cluster did not let them be listed. */
  readonly needs: readonly string[];
  check(graph: Graph, workload: Workload): readonly RuleFinding[];
  /** For mistakes of objects that belong to no workload. */
  checkObjects?(graph: Graph): readonly RuleFinding[];
}

/** A finding with the rule that made it and the workload that it is about. */
export interface Finding extends RuleFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly loss: string;
  readonly fix: string;
  /** undefined where the object belongs to none. */
  readonly workload: Workload | undefined;
}
