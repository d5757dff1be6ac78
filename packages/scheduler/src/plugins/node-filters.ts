// Filters that look at the node alone: cordon, name, taints, node affinity.
import { matchesNodeAffinity, tolerates, untoleratedTaint } from '@holdfast/controller';
import { deepEqual, nodeSelectorTermMatches, type Node, type Pod } from '@holdfast/schema';
import type { Plugin } from '../framework/plugin.ts';
import { defaultNormalize } from '../framework/normalize.ts';
import { unresolvable } from '../framework/status.ts';
import type { ClusterEvent } from '../queue/cluster-event.ts';

const UNSCHEDULABLE_TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const REPELLING = ['NoSchedule', 'NoExecute'];

export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  prepareFilter: ({ spec }, { repelling }) => {
    if (!repelling) return undefined;
    const tolerated = spec?.tolerations?.some((toleration) => tolerates(toleration, UNSCHEDULABLE_TAINT)) ?? false;
    return {
      filter: ({ node }) =>
        node.spec?.unschedulable && !tolerated ? unresolvable('NodeUnschedulable', 'node(s) were unschedulable') : undefined,
    };
  },
  // Being let in again shows in two events: the spec, then the taint that follows it.
  mayHelp: (event) =>
    event.kind === 'node' && !event.node.spec?.unschedulable && nodeChanged(event, ({ spec }) => [spec?.unschedulable, spec?.taints]),
};

export const nodeNameFilter: Plugin = {
  name: 'NodeName',
  prepareFilter: ({ spec }) => {
    const wanted = spec?.nodeName;
    if (!wanted) return undefined;
    return {
      filter: ({ name }) => (name === wanted ? undefined : unresolvable('NodeName', "node(s) didn't match the requested node name")),
    };
  },
  mayHelp: (event) => event.kind === 'node' && !event.old,
};

export const taintToleration: Plugin = {
  name: 'TaintToleration',
  weight: 3,
  prepareFilter: ({ spec }, { repelling }) => {
    if (!repelling) return undefined;
    return {
      filter: ({ node }) => {
        if (!node.spec?.taints) return undefined;
        const taint = untoleratedTaint(node.spec.taints, spec?.tolerations, REPELLING);
        return taint ? unresolvable('TaintToleration', `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`) : undefined;
      },
    };
  },
  prepareScore: ({ spec }, _feasible, { repelling }) => {
    // All nodes would be worth the same.
    if (!repelling) return undefined;
    const relevant = spec?.tolerations?.filter(({ effect }) => !effect || effect === 'PreferNoSchedule') ?? [];
    return {
      score: ({ node }) =>
        !node.spec?.taints
          ? 0
          : node.spec.taints.filter((taint) => taint.effect === 'PreferNoSchedule' && !relevant.some((one) => tolerates(one, taint)))
              .length,
      normalize: (scores) => defaultNormalize(scores, true),
    };
  },
  mayHelp: (event) => nodeChanged(event, ({ spec }) => spec?.taints),
};

export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  weight: 2,
  prepareFilter: (pod) => {
    if (!pod.spec?.nodeSelector && !pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution) return undefined;
    return {
      filter: ({ node }) =>
        matchesNodeAffinity(pod, node) ? undefined : unresolvable('NodeAffinity', "node(s) didn't match Pod's node affinity/selector"),
    };
  },
  prepareScore: (pod) => {
    const preferred = preferredTerms(pod);
    if (preferred.length === 0) return undefined;
    return {
      score: ({ node }) =>
        preferred.reduce((sum, { weight, preference }) => sum + (nodeSelectorTermMatches(preference, node) ? weight : 0), 0),
      normalize: (scores) => defaultNormalize(scores, false),
    };
  },
  mayHelp: (event) => nodeChanged(event, ({ metadata }) => metadata.labels),
};

function preferredTerms({
  spec,
}: Pod): NonNullable<
  NonNullable<NonNullable<NonNullable<Pod['spec']>['affinity']>['nodeAffinity']>['preferredDuringSchedulingIgnoredDuringExecution']
> {
  return spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
}

function nodeChanged(event: ClusterEvent, part: (node: Node) => unknown): boolean {
  return event.kind === 'node' && (!event.old || !deepEqual(part(event.old), part(event.node)));
}
