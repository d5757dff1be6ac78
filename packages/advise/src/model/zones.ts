// Where volumes are, and whether a workload's pods may be there too.
import { matchesNodeAffinity } from '@holdfast/controller';
import type { NodeSelectorTerm } from '@holdfast/schema';
import type { Graph } from './graph.ts';
import { podOf } from './selection.ts';
import type { FieldPath, SourcedObject } from './sourced-object.ts';
import type { Workload, WorkloadStorage } from './workload.ts';

/** A place of volumes, as labels of its nodes. */
export interface Place {
  readonly object: SourcedObject;
  readonly path: FieldPath;
  readonly labels: Readonly<Record<string, string>>;
}

/** Labels that name the same zone. */
const ZONE_KEYS: readonly string[] = [
  'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/zone',
  'topology.ebs.csi.aws.com/zone',
  'topology.gke.io/zone',
  'topology.disk.csi.azure.com/zone',
  'topology.cinder.csi.openstack.org/zone',
];

/** Places of the volumes that a storage has or may get; none where they may be anywhere. */
export function volumePlaces(graph: Graph, workload: Workload, storage: WorkloadStorage): readonly Place[] {
  const found = graph.classOf(storage);
  const bound = graph
    .claimsOf(workload, storage)
    .flatMap(({ object }) => graph.named('PersistentVolume', '', object.spec?.volumeName ?? '') ?? []);
  const volumes = bound.length > 0 ? bound : found ? graph.volumesOfClass(found.name) : [];
  const ofVolumes = volumes.map((volume) => {
    const terms = (
      volume.object as {
        readonly spec?: { readonly nodeAffinity?: { readonly required?: { readonly nodeSelectorTerms?: readonly NodeSelectorTerm[] } } };
      }
    ).spec?.nodeAffinity?.required?.nodeSelectorTerms;
    return (terms ?? []).flatMap(({ matchExpressions = [] }) =>
      combinations(matchExpressions.filter(({ operator }) => operator === 'In')).map((labels) => ({
        object: volume,
        path: ['spec', 'nodeAffinity'],
        labels,
      })),
    );
  });
  // One volume that says nothing can be used anywhere.
  if (ofVolumes.some((places) => places.length === 0)) return [];
  const ofClass = (found?.object.allowedTopologies ?? []).flatMap(({ matchLabelExpressions = [] }) =>
    combinations(matchLabelExpressions).map((labels) => ({ object: found as SourcedObject, path: ['allowedTopologies'], labels })),
  );
  return ofVolumes.length > 0 ? ofVolumes.flat() : ofClass;
}

/** Whether a node with these labels, and with all others that the template may ask for, takes the workload's pods. */
export function canMeet(workload: Workload, place: Readonly<Record<string, string>>): boolean {
  const pod = podOf(workload, 0);
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}];
  return terms.some(({ matchExpressions = [] }) =>
    combinations(matchExpressions.filter(({ operator }) => operator === 'In')).some((asked) => {
      const labels = { ...pod.spec?.nodeSelector, ...asked, ...withZoneKeys(place) };
      return matchesNodeAffinity(pod, { metadata: { name: labels['kubernetes.io/hostname'] ?? 'any', labels } });
    }),
  );
}

/** A zone under every name by which a template may ask for it. */
function withZoneKeys(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const zone = ZONE_KEYS.map((key) => labels[key]).find((value) => value !== undefined);
  return zone === undefined ? labels : { ...Object.fromEntries(ZONE_KEYS.map((key) => [key, zone])), ...labels };
}

function combinations(
  expressions: readonly { readonly key: string; readonly values?: readonly string[] | undefined }[],
): readonly Readonly<Record<string, string>>[] {
  return expressions.reduce<readonly Readonly<Record<string, string>>[]>(
    (all, { key, values = [] }) => all.flatMap((labels) => values.map((value) => ({ ...labels, [key]: value }))),
    [{}],
  );
}
