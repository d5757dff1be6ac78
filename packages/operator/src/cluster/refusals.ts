// Changes to a running cluster that this version cannot carry out safely: refused whole, before anything is touched.
import { isControlledBy, isConditionTrue } from '@holdfast/controller';
import { compareQuantities, deepEqual, type KubeObject, type StatefulSet } from '@holdfast/schema';
import type { CrdbCluster } from '../api/crdb-cluster.ts';
import type { ResolvedImage } from '../api/image.ts';
import type { Problem } from '../api/validation.ts';
import { selectorLabels } from '../build/names.ts';
import { CONTAINER, DATA } from '../build/stateful-set.ts';
import type { Observed } from './observed.ts';

/** The first reason not to go on; undefined when every difference can be carried out. */
export function refusalOf(observed: Observed, image: ResolvedImage): Problem | undefined {
  const { cluster, objects } = observed;
  return (
    foreignObject(cluster, Object.values(objects)) ?? (objects.statefulSet ? changeRefusal(cluster, objects.statefulSet, image) : undefined)
  );
}

function changeRefusal(cluster: CrdbCluster, set: StatefulSet, image: ResolvedImage): Problem | undefined {
  return labelsChange(cluster, set) ?? scaleDown(cluster, set) ?? imageChange(cluster, set, image) ?? storageChange(cluster, set);
}

/** An object of a needed name that belongs to nobody or to somebody else is never taken over. */
function foreignObject(cluster: CrdbCluster, objects: readonly (KubeObject | undefined)[]): Problem | undefined {
  const foreign = objects.find((object) => object !== undefined && !isControlledBy(object, cluster));
  if (!foreign) return undefined;
  const { kind, metadata } = foreign;
  return {
    action: 'Deploy',
    reason: 'NameTaken',
    message: `the ${kind} ${metadata.namespace}/${metadata.name} exists and does not belong to this CrdbCluster: delete it, or give the CrdbCluster another name`,
  };
}

function labelsChange(cluster: CrdbCluster, set: StatefulSet): Problem | undefined {
  const selected = set.spec?.selector.matchLabels ?? {};
  if (deepEqual(selected, selectorLabels(cluster))) return undefined;
  return {
    action: 'Deploy',
    reason: 'AdditionalLabelsChanged',
    message: 'mutating additionalLabels field is not supported: set spec.additionalLabels back to what it was when the cluster was created',
  };
}

function scaleDown({ spec }: CrdbCluster, set: StatefulSet): Problem | undefined {
  const replicas = set.spec?.replicas ?? 0;
  if (spec.nodes >= replicas) return undefined;
  return {
    action: 'Decommission',
    reason: 'ScaleDownNotSupported',
    message: `this version of the operator cannot decommission nodes yet, and removing them otherwise could lose data; the cluster keeps its ${replicas} nodes: set spec.nodes back to ${replicas}`,
  };
}

function imageChange(cluster: CrdbCluster, set: StatefulSet, { image }: ResolvedImage): Problem | undefined {
  const running = set.spec?.template.spec?.containers.find(({ name }) => name === CONTAINER)?.image;
  if (running === undefined || running === image) return undefined;
  const initialized = isConditionTrue(cluster.status?.conditions, 'Initialized');
  const remedy = initialized
    ? `set the image back to ${running}`
    : 'the cluster holds no data yet, so delete this CrdbCluster and its claims, and create it with the right image';
  return {
    action: 'PartitionedUpdate',
    reason: 'VersionChangeNotSupported',
    message: `this version of the operator cannot change the version of a cluster yet, and it keeps running ${running}: ${remedy}`,
  };
}

function storageChange({ spec }: CrdbCluster, set: StatefulSet): Problem | undefined {
  const present = set.spec?.volumeClaimTemplates?.find(({ metadata }) => metadata?.name === DATA)?.spec;
  const wanted = spec.dataStore.pvc?.spec;
  if ((present === undefined) !== (wanted === undefined)) {
    return {
      action: 'Deploy',
      reason: 'DataStoreChanged',
      message: 'the kind of data store of a running cluster cannot be changed: set spec.dataStore back',
    };
  }
  const has = present?.resources?.requests?.storage;
  const wants = wanted?.resources?.requests?.storage;
  if (has !== undefined && wants !== undefined && compareQuantities(has, wants) !== 0) {
    return {
      action: 'ResizePVC',
      reason: 'ResizeNotSupported',
      message: `this version of the operator cannot resize volumes yet, and they keep their ${has}: set spec.dataStore.pvc.spec.resources.requests.storage back to ${has}`,
    };
  }
  if (wanted?.storageClassName !== undefined && present?.storageClassName !== wanted.storageClassName) {
    return {
      action: 'Deploy',
      reason: 'StorageClassChanged',
      message: `the storage class of a running cluster cannot be changed: set spec.dataStore.pvc.spec.storageClassName back to ${present?.storageClassName ?? 'nothing'}`,
    };
  }
}
