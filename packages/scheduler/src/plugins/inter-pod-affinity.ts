// Pods that want to be near certain pods, or away from them, by topology domain.
import type { ComponentContext } from '@holdfast/controller';
import { labelSelector, NAMESPACES, type Node, type Pod, type PodAffinityTerm } from '@holdfast/schema';
import type { NodeInfo } from '../cache/node-info.ts';
import { MAX_SCORE } from '../framework/normalize.ts';
import type { Plugin, PodScorer } from '../framework/plugin.ts';
import { type Rejection, unresolvable, unschedulable } from '../framework/status.ts';

const NAME = 'InterPodAffinity';
/** How much the required affinity of pods that are there already pulls, beside preferences with their own weights. */
const HARD_AFFINITY_WEIGHT = 1;

/** A term with everything in it resolved against the pod that has it. */
interface Term {
  readonly topologyKey: string;
  readonly weight: number;
  selects(pod: Pod): boolean;
}

/** Counts (or weights) by 'key\0value' of a topology domain. */
type Domains = Map<string, number>;

export function createInterPodAffinity({ informers }: Pick<ComponentContext, 'informers'>): Plugin {
  const namespaces = informers.informer(NAMESPACES);

  function term(
    owner: Pod,
    { labelSelector: selector, namespaces: named, namespaceSelector, topologyKey, ...keys }: PodAffinityTerm,
    weight = 1,
  ): Term {
    const labels = owner.metadata.labels ?? {};
    const expressions = [
      ...(keys.matchLabelKeys ?? [])
        .filter((key) => Object.hasOwn(labels, key))
        .map((key) => ({ key, operator: 'In', values: [labels[key] ?? ''] })),
      ...(keys.mismatchLabelKeys ?? [])
        .filter((key) => Object.hasOwn(labels, key))
        .map((key) => ({ key, operator: 'NotIn', values: [labels[key] ?? ''] })),
    ];
    const matcher = labelSelector(
      selector ? { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...expressions] } : selector,
    );
    const byLabels = namespaceSelector ? labelSelector(namespaceSelector) : undefined;
    const ownOnly = !byLabels && (named ?? []).length === 0;
    const inNamespace = (namespace = ''): boolean =>
      ownOnly
        ? namespace === owner.metadata.namespace
        : (named?.includes(namespace) ?? false) || (byLabels?.matches(namespaces.get({ name: namespace })?.metadata.labels) ?? false);
    return { topologyKey, weight, selects: (pod) => inNamespace(pod.metadata.namespace) && matcher.matches(pod.metadata.labels) };
  }

  const required = (pod: Pod, side: 'podAffinity' | 'podAntiAffinity'): readonly Term[] =>
    (pod.spec?.affinity?.[side]?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((one) => term(pod, one));
  const preferred = (pod: Pod, side: 'podAffinity' | 'podAntiAffinity', sign: number): readonly Term[] =>
    (pod.spec?.affinity?.[side]?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((one) =>
      term(pod, one.podAffinityTerm, sign * one.weight),
    );

  function existingAntiAffinity(pod: Pod, nodes: readonly NodeInfo[]): Domains {
    const domains: Domains = new Map();
    for (const { node, podsWithAffinity } of nodes) {
      for (const { pod: other } of podsWithAffinity) {
        for (const one of required(other, 'podAntiAffinity')) if (one.selects(pod)) count(domains, one.topologyKey, node, 1);
      }
    }
    return domains;
  }

  /** `wanted`: the other pod has to match all terms at once, as upstream has it for affinity. */
  function domainsOf(terms: readonly Term[], nodes: readonly NodeInfo[], all: boolean): Domains {
    const domains: Domains = new Map();
    if (terms.length === 0) return domains;
    for (const { node, pods } of nodes) {
      for (const { pod: other } of pods) {
        if (all && !terms.every((one) => one.selects(other))) continue;
        for (const one of terms) if (all || one.selects(other)) count(domains, one.topologyKey, node, 1);
      }
    }
    return domains;
  }

  return {
    name: NAME,
    wide: true,
    weight: 2,
    prepareFilter: (pod, { nodes, nodesWithAffinity }) => {
      const affinity = required(pod, 'podAffinity');
      const antiAffinity = required(pod, 'podAntiAffinity');
      const repelled = existingAntiAffinity(pod, nodesWithAffinity);
      if (affinity.length === 0 && antiAffinity.length === 0 && repelled.size === 0) return undefined;
      const near = domainsOf(affinity, nodes, true);
      const away = domainsOf(antiAffinity, nodes, false);
      // The first of a group that wants to be together has to start somewhere.
      const isFirst = near.size === 0 && affinity.every((one) => one.selects(pod));
      return {
        filter: ({ node }): Rejection | undefined => {
          const missing = affinity.some(({ topologyKey }) => domain(topologyKey, node) === undefined);
          if (missing || (!isFirst && affinity.some(({ topologyKey }) => !near.has(domain(topologyKey, node) ?? '')))) {
            return unresolvable(NAME, "node(s) didn't match pod affinity rules");
          }
          if (antiAffinity.some(({ topologyKey }) => away.has(domain(topologyKey, node) ?? ''))) {
            return unschedulable(NAME, "node(s) didn't match pod anti-affinity rules");
          }
          const refused = Object.entries(node.metadata.labels ?? {}).some(([key, value]) => repelled.has(`${key}\0${value}`));
          return refused ? unschedulable(NAME, "node(s) didn't satisfy existing pods anti-affinity rules") : undefined;
        },
      };
    },
    prepareScore: (pod, _feasible, { nodes, nodesWithAffinity }): PodScorer | undefined => {
      const own = [...preferred(pod, 'podAffinity', 1), ...preferred(pod, 'podAntiAffinity', -1)];
      const weights: Domains = new Map();
      // Whom nobody wants near or away is not looked for on nodes where nobody says so either.
      for (const { node, pods, podsWithAffinity } of own.length > 0 ? nodes : nodesWithAffinity) {
        for (const one of own) for (const { pod: other } of pods) if (one.selects(other)) count(weights, one.topologyKey, node, one.weight);
        for (const { pod: other } of podsWithAffinity) {
          const theirs = [
            ...required(other, 'podAffinity').map((one) => ({ ...one, weight: HARD_AFFINITY_WEIGHT })),
            ...preferred(other, 'podAffinity', 1),
            ...preferred(other, 'podAntiAffinity', -1),
          ];
          for (const one of theirs) if (one.selects(pod)) count(weights, one.topologyKey, node, one.weight);
        }
      }
      if (weights.size === 0) return undefined;
      return {
        score: ({ node }) =>
          Object.entries(node.metadata.labels ?? {}).reduce((sum, [key, value]) => sum + (weights.get(`${key}\0${value}`) ?? 0), 0),
        normalize: (scores) => {
          const [min, max] = [Math.min(...scores), Math.max(...scores)];
          return scores.map((score) => (max === min ? 0 : Math.floor((MAX_SCORE * (score - min)) / (max - min))));
        },
      };
    },
    mayHelp: (event) => event.kind === 'node' || event.kind === 'podGone' || event.kind === 'podPlaced',
  };
}

function count(domains: Domains, topologyKey: string, node: Node, by: number): void {
  const key = domain(topologyKey, node);
  if (key !== undefined) domains.set(key, (domains.get(key) ?? 0) + by);
}

function domain(topologyKey: string, { metadata }: Node): string | undefined {
  const value = metadata.labels && Object.hasOwn(metadata.labels, topologyKey) ? metadata.labels[topologyKey] : undefined;
  return value === undefined ? undefined : `${topologyKey}\0${value}`;
}
