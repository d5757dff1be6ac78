// On which nodes a workload's pods may be, and which of its volumes can be used there. Matching is the scheduler's and the binder's own.
import { findMatchingVolume, matchesNodeAffinity, NO_PROVISIONER, untoleratedTaint } from '@holdfast/controller';
import { labelSelector, type Node, type NodeSelector, type PersistentVolume, type PersistentVolumeClaim } from '@holdfast/schema';
import type { Graph } from './graph.ts';
import { podLabels, podOf, podSpec } from './selection.ts';
import type { SourcedObject } from './sourced-object.ts';
import type { Workload, WorkloadStorage } from './workload.ts';

const HOSTNAME = 'kubernetes.io/hostname';

/** How many instances find a node and volumes. */
export interface Room {
  readonly fitting: number;
  /** 'node': one at most for each node; 'volume': as many as there are volumes. */
  readonly limitedBy: 'volumes' | 'nodes';
  /** Volumes that could be looked at, of all storages. */
  readonly volumes: readonly SourcedObject<PersistentVolume>[];
  readonly nodes: number;
}

/** undefined where neither nodes nor volumes made by hand limit the workload, or they are not known. */
export function roomFor(graph: Graph, workload: Workload): Room | undefined {
  const claimed = workload.storage.flatMap((storage) => byHand(graph, storage));
  const volumes = claimed.flatMap(({ volumes: offered }) => offered);
  const known = graph.nodes.length > 0;
  const nodes = known ? graph.nodes.map(({ object }) => object) : nodesOf(volumes.map(({ object }) => object));
  const pod = podOf(workload, 0);
  const usable = nodes.filter((node) => !known || (matchesNodeAffinity(pod, node) && !shuts(node, workload)));
  const alone = forbidsSharingNode(workload);
  if (claimed.length === 0)
    return known && alone ? { fitting: usable.length, limitedBy: 'nodes', volumes, nodes: usable.length } : undefined;
  // No node at all in the volumes' affinity: they can be used anywhere, on a node that is not known.
  const places = usable.length > 0 || known ? usable : [undefined];
  const taken = new Set<string>();
  let fitting = 0;
  for (const node of places) {
    for (let here = 0; here < (alone && node ? 1 : workload.replicas); here++) {
      const chosen = choose(claimed, workload, node, taken);
      if (!chosen) break;
      for (const name of chosen) taken.add(name);
      fitting++;
    }
  }
  return { fitting, limitedBy: alone && fitting === usable.length ? 'nodes' : 'volumes', volumes, nodes: usable.length };
}

interface ByHand {
  readonly storage: WorkloadStorage;
  readonly className: string;
  readonly volumes: readonly SourcedObject<PersistentVolume>[];
}

/** Storages whose volumes nobody provisions. Without a single volume in sight, they may be made elsewhere. */
function byHand(graph: Graph, storage: WorkloadStorage): readonly ByHand[] {
  const found = graph.classOf(storage);
  if (!storage.perInstance || found?.object.provisioner !== NO_PROVISIONER) return [];
  const volumes = graph.volumesOfClass(found.name);
  return volumes.length === 0 ? [] : [{ storage, className: found.name, volumes }];
}

/** One volume for each storage, as the scheduler would take them for one pod; undefined where one is missing. */
function choose(
  claimed: readonly ByHand[],
  { source }: Workload,
  node: Node | undefined,
  taken: ReadonlySet<string>,
): readonly string[] | undefined {
  const chosen: string[] = [];
  for (const { storage, className, volumes } of claimed) {
    const claim: PersistentVolumeClaim = {
      metadata: { name: '', namespace: source.namespace },
      spec: { ...storage.claim, storageClassName: className },
    };
    const found = findMatchingVolume({
      claim,
      volumes: volumes.map(({ object }) => asOffered(object, source.namespace, storage.name, source.name)),
      ...(node ? { node } : {}),
      excluded: new Set([...taken, ...chosen]),
    });
    if (!found) return undefined;
    chosen.push(found.metadata.name ?? '');
  }
  return chosen;
}

/** In files no volume has a status yet. A volume that the workload's own claim has is there for it. */
function asOffered(volume: PersistentVolume, namespace: string, storage: string, name: string): PersistentVolume {
  const { claimRef, ...spec } = volume.spec ?? {};
  const own = claimRef?.namespace === namespace && claimRef.name?.startsWith(`${storage}-${name}-`) === true;
  const released = volume.status?.phase === 'Released' || volume.status?.phase === 'Failed';
  if (released || (claimRef !== undefined && !own)) return volume;
  return { ...volume, spec, status: { ...volume.status, phase: 'Available' } };
}

function shuts(node: Node, workload: Workload): boolean {
  return untoleratedTaint(node.spec?.taints, podSpec(workload).tolerations, ['NoSchedule', 'NoExecute']) !== undefined;
}

/** Whether a pod of the workload keeps others of it off its node. */
function forbidsSharingNode(workload: Workload): boolean {
  const { affinity, topologySpreadConstraints = [] } = podSpec(workload);
  const labels = podLabels(workload);
  return (
    (affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some(
      (term) => term.topologyKey === HOSTNAME && labelSelector(term.labelSelector).matches(labels),
    ) || topologySpreadConstraints.some(({ topologyKey, minDomains }) => topologyKey === HOSTNAME && (minDomains ?? 0) >= workload.replicas)
  );
}

/** A node for each combination of labels that the volumes' affinity names. */
function nodesOf(volumes: readonly PersistentVolume[]): readonly Node[] {
  const nodes = new Map<string, Node>();
  for (const { spec } of volumes)
    for (const labels of labelsNamed(spec?.nodeAffinity?.required)) {
      const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
      if (!nodes.has(key)) nodes.set(key, { metadata: { name: labels[HOSTNAME] ?? key, labels } });
    }
  return [...nodes.values()];
}

function labelsNamed(selector: NodeSelector | undefined): readonly Readonly<Record<string, string>>[] {
  return (selector?.nodeSelectorTerms ?? []).flatMap(({ matchExpressions = [] }) =>
    matchExpressions
      .filter(({ operator }) => operator === 'In')
      .reduce<readonly Readonly<Record<string, string>>[]>(
        (all, { key, values = [] }) => all.flatMap((labels) => values.map((value) => ({ ...labels, [key]: value }))),
        [{}],
      ),
  );
}
