// Spreads alike pods over zones and nodes: as the pod asks, or by upstream's defaults for pods of a workload.
import { controllerOf, matchesNodeAffinity, untoleratedTaint, type ComponentContext } from '@holdfast/controller';
import {
  type LabelMatcher,
  labelSelector,
  labelSet,
  type Node,
  type Pod,
  REPLICASETS,
  REPLICATIONCONTROLLERS,
  SERVICES,
  STATEFULSETS,
  type TopologySpreadConstraint,
} from '@holdfast/schema';
import type { NodeInfo } from '../cache/node-info.ts';
import { MAX_SCORE } from '../framework/normalize.ts';
import type { Plugin, PodFilter, PodScorer } from '../framework/plugin.ts';
import { unresolvable, unschedulable } from '../framework/status.ts';

const NAME = 'PodTopologySpread';
const MISMATCH = "node(s) didn't match pod topology spread constraints";
const HOSTNAME = 'kubernetes.io/hostname';
/** Upstream's cluster defaults: they never refuse a node. */
const SYSTEM_DEFAULTS: readonly { readonly topologyKey: string; readonly maxSkew: number }[] = [
  { topologyKey: HOSTNAME, maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5 },
];

/** A constraint with its selector ready. */
interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly matcher: LabelMatcher;
  /** How many pods of a node are alike. */
  readonly alike: (info: NodeInfo) => number;
  readonly honorTaints: boolean;
  readonly honorAffinity: boolean;
}

export function createTopologySpread({ informers }: Pick<ComponentContext, 'informers'>): Plugin {
  const services = informers.informer(SERVICES);
  const owners = [informers.informer(REPLICASETS), informers.informer(STATEFULSETS)];
  const replicationControllers = informers.informer(REPLICATIONCONTROLLERS);
  const alikePods = createAlikePods();

  /** What makes pods alike where they say nothing themselves: the Services over them and their controller's selector. */
  function defaultMatcher(pod: Pod): LabelMatcher | undefined {
    const { namespace, labels } = pod.metadata;
    const matchers = services
      .list(namespace)
      .filter(({ spec }) => spec?.selector && Object.keys(spec.selector).length > 0)
      .map(({ spec }) => labelSet(spec?.selector ?? {}))
      .filter((matcher) => matcher.matches(labels));
    const controller = controllerOf(pod);
    const key = { namespace, name: controller?.name ?? '' };
    for (const informer of owners) {
      const owner = controller?.kind === informer.type.kind ? informer.get(key) : undefined;
      if (owner) matchers.push(labelSelector(owner.spec?.selector));
    }
    const old = controller?.kind === 'ReplicationController' ? replicationControllers.get(key)?.spec?.selector : undefined;
    if (old) matchers.push(labelSet(old));
    if (matchers.length === 0) return undefined;
    return {
      matches: (given) => matchers.every((one) => one.matches(given)),
      toString: () => matchers.map(textOf).join(),
      everything: false,
    };
  }

  return {
    name: NAME,
    wide: true,
    weight: 2,
    prepareFilter: (pod, { nodes }) => {
      const constraints = constraintsOf(pod, 'DoNotSchedule', alikePods);
      return constraints.length === 0 ? undefined : spreadFilter(pod, constraints, nodes);
    },
    prepareScore: (pod, feasible, { nodes }) => {
      const own = constraintsOf(pod, 'ScheduleAnyway', alikePods);
      const asked = (pod.spec?.topologySpreadConstraints ?? []).length > 0;
      const matcher = asked ? undefined : defaultMatcher(pod);
      const defaults = matcher
        ? SYSTEM_DEFAULTS.map((one) => ({
            ...one,
            matcher,
            alike: alikePods(pod, matcher),
            minDomains: 1,
            honorTaints: false,
            honorAffinity: true,
          }))
        : [];
      const constraints = asked ? own : defaults;
      return constraints.length === 0 ? undefined : spreadScorer(pod, constraints, feasible, nodes, asked);
    },
    mayHelp: (event) => event.kind === 'node' || event.kind === 'podGone' || event.kind === 'podPlaced',
  };
}

function constraintsOf(pod: Pod, when: TopologySpreadConstraint['whenUnsatisfiable'], alikePods: AlikePods): readonly Constraint[] {
  return (pod.spec?.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === when)
    .map((constraint) => {
      const matcher = withOwnLabels(constraint, pod);
      return {
        topologyKey: constraint.topologyKey,
        maxSkew: constraint.maxSkew,
        minDomains: constraint.minDomains ?? 1,
        matcher,
        alike: alikePods(pod, matcher),
        honorTaints: constraint.nodeTaintsPolicy === 'Honor',
        honorAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
      };
    });
}

function withOwnLabels({ labelSelector: selector, matchLabelKeys }: TopologySpreadConstraint, pod: Pod): LabelMatcher {
  const labels = pod.metadata.labels ?? {};
  const keys = (matchLabelKeys ?? []).filter((key) => Object.hasOwn(labels, key));
  if (!selector || keys.length === 0) return labelSelector(selector);
  const added = keys.map((key) => ({ key, operator: 'In', values: [labels[key] ?? ''] }));
  return labelSelector({ ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...added] });
}

function spreadFilter(pod: Pod, constraints: readonly Constraint[], nodes: readonly NodeInfo[]): PodFilter {
  const counted = constraints.map((constraint) => {
    const counts = new Map<string, number>();
    for (const info of nodes) {
      if (!constraints.every(({ topologyKey }) => labelOf(info.node, topologyKey) !== undefined) || !takesPart(constraint, pod, info.node))
        continue;
      const value = labelOf(info.node, constraint.topologyKey) ?? '';
      counts.set(value, (counts.get(value) ?? 0) + constraint.alike(info));
    }
    const least = counts.size < constraint.minDomains ? 0 : Math.min(...counts.values());
    return { constraint, counts, least, self: constraint.matcher.matches(pod.metadata.labels) ? 1 : 0 };
  });
  return {
    filter: ({ node }) => {
      for (const { constraint, counts, least, self } of counted) {
        const value = labelOf(node, constraint.topologyKey);
        if (value === undefined) return unresolvable(NAME, `${MISMATCH} (missing required label)`);
        const floor = Number.isFinite(least) ? least : 0;
        if ((counts.get(value) ?? 0) + self - floor > constraint.maxSkew) return unschedulable(NAME, MISMATCH);
      }
      return undefined;
    },
  };
}

function spreadScorer(
  pod: Pod,
  constraints: readonly Constraint[],
  feasible: readonly NodeInfo[],
  nodes: readonly NodeInfo[],
  needAllLabels: boolean,
): PodScorer {
  const hasAll = ({ node }: NodeInfo): boolean => constraints.every(({ topologyKey }) => labelOf(node, topologyKey) !== undefined);
  const eligible = needAllLabels ? feasible.filter(hasAll) : feasible;
  const tables = constraints.map((constraint) => {
    const byName = constraint.topologyKey === HOSTNAME;
    const values = new Set<string>();
    if (!byName) {
      for (const { node } of eligible) {
        const value = labelOf(node, constraint.topologyKey);
        if (value !== undefined) values.add(value);
      }
    }
    const counts = new Map<string, number>();
    // No node shares its name with another: its pods are counted when it is scored, and what is scored takes part.
    for (const info of values.size === 0 ? [] : nodes) {
      const value = labelOf(info.node, constraint.topologyKey);
      if (value === undefined || !values.has(value) || (needAllLabels && !hasAll(info))) continue;
      if (takesPart(constraint, pod, info.node)) counts.set(value, (counts.get(value) ?? 0) + constraint.alike(info));
    }
    const size = byName ? eligible.length : values.size;
    return { constraint, counts: byName ? undefined : counts, weight: Math.log(size + 2) };
  });
  const known = needAllLabels ? new Set(eligible.map(({ name }) => name)) : undefined;
  return {
    score: (info) => {
      const { name, node } = info;
      if (known && !known.has(name)) return Number.NaN;
      let sum = 0;
      for (const { constraint, counts, weight } of tables) {
        const value = labelOf(node, constraint.topologyKey);
        if (value === undefined) continue;
        const count = counts ? (counts.get(value) ?? 0) : constraint.alike(info);
        sum += count * weight + (constraint.maxSkew - 1);
      }
      return Math.round(sum);
    },
    normalize: (scores) => {
      const real = scores.filter((score) => !Number.isNaN(score));
      const max = Math.max(0, ...real);
      const min = real.length > 0 ? Math.min(...real) : 0;
      return scores.map((score) => {
        if (Number.isNaN(score)) return 0;
        return max === 0 ? MAX_SCORE : Math.floor((MAX_SCORE * (max + min - score)) / max);
      });
    },
  };
}

/** Whether the node takes part in the count at all. */
function takesPart({ honorAffinity, honorTaints }: Constraint, pod: Pod, node: Node): boolean {
  if (honorAffinity && !matchesNodeAffinity(pod, node)) return false;
  return !honorTaints || !untoleratedTaint(node.spec?.taints, pod.spec?.tolerations, ['NoSchedule', 'NoExecute']);
}

/** Counts the pods of nodes that are in the pod's namespace and have the matcher's labels. */
type AlikePods = (pod: Pod, matcher: LabelMatcher) => (info: NodeInfo) => number;

/** What was counted on a node when it was in this state. */
interface Counted {
  readonly info: NodeInfo;
  readonly count: number;
}

/** More kinds of pods than these are rarely scheduled in turn. */
const MOST_KNOWN = 64;

/** What was counted on a node is kept until the node changes: pods of one workload come one after the other, and each changes one node. */
function createAlikePods(): AlikePods {
  const known = new Map<string, Map<string, Counted>>();
  return ({ metadata: { namespace } }, matcher) => {
    const key = `${namespace}\0${textOf(matcher)}`;
    const found = known.get(key);
    const counts = found ?? new Map<string, Counted>();
    if (!found) {
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(key, counts);
    }
    return (info) => {
      if (info.pods.length === 0) return 0;
      const before = counts.get(info.name);
      if (before?.info === info) return before.count;
      const count = countAlike(info, namespace, matcher);
      counts.set(info.name, { info, count });
      return count;
    };
  };
}

/** The matcher as text; what means everything and what means nothing differ. */
function textOf(matcher: LabelMatcher): string {
  return matcher.everything ? '*' : String(matcher) || '!';
}

/** Pods that are on their way out do not count. */
function countAlike({ pods }: NodeInfo, namespace: string | undefined, matcher: LabelMatcher): number {
  let count = 0;
  for (const { pod } of pods) {
    if (pod.metadata.namespace !== namespace || pod.metadata.deletionTimestamp !== undefined) continue;
    if (matcher.matches(pod.metadata.labels)) count++;
  }
  return count;
}

function labelOf({ metadata }: Node, key: string): string | undefined {
  return metadata.labels && Object.hasOwn(metadata.labels, key) ? metadata.labels[key] : undefined;
}
