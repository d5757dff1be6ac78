// What an update would change: pairs of an object as it is and as it is to be.
import { applyDefaults, decodeTyped, typeNameOf } from '@holdfast/schema';
import { buildGraph, type Graph } from '../model/graph.ts';
import type { Engine } from '../model/engines.ts';
import type { Loaded } from '../load/loaded.ts';
import { type SourcedObject, titleOf } from '../model/sourced-object.ts';
import type { Workload } from '../model/workload.ts';
import type { RuleDescription, RuleFinding } from '../rule.ts';

/** One object before and after. */
export interface Change {
  readonly before: SourcedObject;
  /** undefined: it is not there any more. */
  readonly after: SourcedObject | undefined;
  /** As workloads, where they are ones. */
  readonly was: Workload | undefined;
  readonly is: Workload | undefined;
  readonly graphs: { readonly before: Graph; readonly after: Graph };
}

/** A rule about changes. */
export interface ChangeRule extends RuleDescription {
  check(change: Change): readonly RuleFinding[];
}

/** Objects that both sides have, and those that only the first has; what is only new is no change. */
export function changesBetween(before: Loaded, after: Loaded, engines?: readonly Engine[]): readonly Change[] {
  const graphs = { before: buildGraph(before, engines), after: buildGraph(after, engines) };
  const key = (object: SourcedObject): string => `${object.apiVersion.split('/')[0]} ${titleOf(object)}`;
  const later = new Map(after.objects.map((object) => [key(object), object]));
  const workload = (graph: Graph): ((object: SourcedObject | undefined) => Workload | undefined) => {
    const bySource = new Map(graph.workloads.map((one) => [one.source, one]));
    return (object) => object && bySource.get(object);
  };
  const [was, is] = [workload(graphs.before), workload(graphs.after)];
  return before.objects.map((object) => {
    const counterpart = later.get(key(object));
    return { before: object, after: counterpart, was: was(object), is: is(counterpart), graphs };
  });
}

/** The object with the API server's defaults, so that what a cluster has filled in is no change. What cannot be decoded stays as it is. */
export function withDefaults({ object, apiVersion, kind }: SourcedObject): unknown {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const type = typeNameOf({ group, version, kind });
  if (type === undefined) return object;
  try {
    return applyDefaults(type, decodeTyped(type, object).object);
  } catch {
    return object;
  }
}
