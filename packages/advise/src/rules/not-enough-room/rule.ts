// More instances than there are volumes, or nodes, for them.
import { roomFor } from '../../model/placement.ts';
import { titleOf } from '../../model/sourced-object.ts';
import type { Evidence, Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'not-enough-room',
  title: 'a database wants more instances than there are volumes or nodes',
  about:
    "Volumes of a class without a provisioner are made by hand: an instance for which none is left stays Pending. So does one that may not share a node with the others when there are fewer nodes than instances. Each instance is placed as the scheduler and the binder would do it, with their own matching (size, access modes, volume mode, selector, node affinity, taints), volume by volume. In files nodes are those that the volumes' affinity names.",
  loss: 'instances stay Pending for ever; the database runs with fewer copies than it was meant to have, or never forms',
  fix: 'make a volume of that size and class for each instance, each on a node on which the pod may run, or want fewer instances',
  sources: [
    'https://kubernetes.io/docs/concepts/storage/volumes/#local',
    'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding',
  ],
  mistakes: [12],
  severity: 'error',
  appliesTo: 'databases',
  needs: ['StorageClass', 'PersistentVolume', 'Node'],
  check(graph, workload) {
    const { source, replicas, replicasPath } = workload;
    if (source.kind === 'DaemonSet') return [];
    const room = roomFor(graph, workload);
    if (!room || room.fitting >= replicas) return [];
    const volumes = room.volumes.length;
    const largest = workload.storage.find(({ claim }) => claim?.resources?.requests?.['storage'] !== undefined);
    const wanted = largest?.claim?.resources?.requests?.['storage'];
    const evidence: readonly Evidence[] = [
      { object: source, path: replicasPath, says: `has ${replicas} instances` },
      ...(largest && wanted !== undefined ? [{ object: source, path: largest.path, says: `each wants ${String(wanted)}` }] : []),
      ...room.volumes.slice(0, 3).map((volume) => ({
        object: volume,
        path: ['spec', 'capacity'],
        says: `has ${String(volume.object.spec?.capacity?.['storage'])}, phase ${volume.object.status?.phase ?? 'not known'}`,
      })),
    ];
    return [
      {
        object: source,
        path: replicasPath,
        message:
          room.limitedBy === 'volumes'
            ? `${titleOf(source)} wants ${replicas} instances, but ${volumes} volumes of its class give room for ${room.fitting}`
            : `${titleOf(source)} wants ${replicas} instances on nodes of their own, but ${room.nodes} nodes can take one`,
        evidence,
        confidence: graph.live ? 'high' : 'medium',
      },
    ];
  },
};
