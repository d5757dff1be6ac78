// Nothing keeps the instances of a database apart.
import type { LabelSelector } from '@holdfast/schema';
import { isNodeLocal, reachOf } from '../../model/locality.ts';
import { operatedTwin, podSpec, selectsPods } from '../../model/selection.ts';
import { titleOf } from '../../model/sourced-object.ts';
import { valueAt } from '../../model/value-at.ts';
import type { Rule } from '../../rule.ts';
import type { Graph } from '../../model/graph.ts';
import type { Workload } from '../../model/workload.ts';

/** Where custom resources switch off the spread that their operator makes. */
const SWITCHED_OFF: readonly { readonly kind: string; readonly path: readonly string[]; readonly off: unknown }[] = [
  { kind: 'Cluster', path: ['spec', 'affinity', 'enablePodAntiAffinity'], off: false },
  { kind: 'PerconaXtraDBCluster', path: ['spec', 'pxc', 'affinity', 'antiAffinityTopologyKey'], off: 'none' },
];

export const rule: Rule = {
  id: 'no-spread',
  title: 'nothing keeps the instances of a database on different nodes',
  about:
    'The scheduler spreads pods only a little by itself, and not at all when one node has most room. With several instances on one node, losing that node loses several copies. Evidence is that neither podAntiAffinity nor topologySpreadConstraints of the template select its own labels. Volumes that are each on a node of their own spread the pods by themselves; operators spread theirs unless told not to.',
  loss: 'one lost node takes several members at once: no quorum, or all copies',
  fix: 'add podAntiAffinity or a topologySpreadConstraint over kubernetes.io/hostname (and over zones, where there are any) with the labels of the template',
  sources: [
    'https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/',
    'https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity',
  ],
  mistakes: [11],
  severity: 'warning',
  appliesTo: 'databases',
  needs: [],
  check(graph, workload) {
    const { source, replicas, replicasPath, template } = workload;
    if (replicas < 2 || source.kind === 'DaemonSet') return [];
    if (!template) {
      const off = SWITCHED_OFF.find(({ kind, path, off: value }) => kind === source.kind && valueAt(source.object, path) === value);
      if (!off) return [];
      const says = `${off.path.at(-1)} is ${String(off.off)}`;
      return [
        {
          object: source,
          path: off.path,
          message: `${titleOf(source)} tells its operator not to spread the instances`,
          evidence: [{ object: source, path: off.path, says }],
          confidence: 'high',
        },
      ];
    }
    if (spreads(workload) || volumesSpread(graph, workload) || operatedTwin(graph, workload)) return [];
    return [
      {
        object: source,
        path: [...template.path, 'spec'],
        message: `nothing keeps the ${replicas} instances of ${titleOf(source)} on different nodes`,
        evidence: [
          { object: source, path: replicasPath, says: `has ${replicas} instances` },
          { object: source, path: [...template.path, 'spec'], says: 'has no anti-affinity and no spread that selects its own pods' },
        ],
        confidence: 'high',
      },
    ];
  },
};

function spreads(workload: Workload): boolean {
  const { affinity, topologySpreadConstraints = [] } = podSpec(workload);
  const own = (selector: LabelSelector | undefined): boolean => selectsPods(selector, workload);
  const { requiredDuringSchedulingIgnoredDuringExecution: required = [], preferredDuringSchedulingIgnoredDuringExecution: preferred = [] } =
    affinity?.podAntiAffinity ?? {};
  return (
    required.some(({ labelSelector }) => own(labelSelector)) ||
    preferred.some(({ podAffinityTerm }) => own(podAffinityTerm.labelSelector)) ||
    topologySpreadConstraints.some(({ labelSelector }) => own(labelSelector))
  );
}

/** Every volume of the class is on a node of its own, so no two instances can meet. */
function volumesSpread(graph: Graph, { storage }: Workload): boolean {
  return storage
    .filter(({ perInstance, holdsState }) => perInstance && holdsState)
    .some((one) => {
      const found = graph.classOf(one);
      if (!found || reachOf(graph, found)?.reach !== 'node') return false;
      const volumes = graph.volumesOfClass(found.name).filter(isNodeLocal);
      const places = new Set(volumes.map(({ object }) => JSON.stringify(object.spec?.nodeAffinity?.required)));
      return volumes.length > 0 && places.size === volumes.length;
    });
}
