// The objects around a workload and how they hang together, for a drawing.
import type { Evidence } from '../rule.ts';
import { backupsOf } from './backups.ts';
import type { Graph } from './graph.ts';
import { type SourcedObject, titleOf } from './sourced-object.ts';
import type { Workload } from './workload.ts';

/** One box. Columns are drawn from left to right: 0 what points at the workload, 1 itself, 2 storages, 3 classes, 4 volumes and claims. */
export interface PictureNode {
  readonly id: string;
  readonly column: 0 | 1 | 2 | 3 | 4;
  readonly kind: string;
  readonly label: string;
  readonly object: SourcedObject | undefined;
}

/** An arrow, from box to box. */
export interface PictureEdge {
  readonly from: string;
  readonly to: string;
  readonly says: string;
}

/** Everything to draw. */
export interface Picture {
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly PictureEdge[];
}

/** Of many volumes only so many are drawn; the last box says how many more there are. */
const MOST_VOLUMES = 6;

export function pictureOf(graph: Graph, workload: Workload): Picture {
  const nodes = new Map<string, PictureNode>();
  const edges: PictureEdge[] = [];
  const add = (column: PictureNode['column'], object: SourcedObject): string => {
    const id = titleOf(object);
    if (!nodes.has(id)) nodes.set(id, { id, column, kind: object.kind, label: object.name, object });
    return id;
  };
  const own = add(1, workload.source);
  const pointing = (object: SourcedObject, says: string): void => {
    edges.push({ from: add(0, object), to: own, says });
  };
  for (const service of graph.coverage.services(workload)) pointing(service, 'selects');
  for (const budget of graph.coverage.budgets(workload)) pointing(budget, 'covers');
  const { covering, missing } = backupsOf(graph, workload);
  const backup = ({ object }: Evidence, says: string): void => {
    if (object !== workload.source) pointing(object, says);
  };
  for (const one of covering) backup(one, 'backs up');
  for (const one of missing) backup(one, 'does not hold the data of');
  for (const storage of workload.storage) {
    if (storage.source === 'other') continue;
    const id = `storage ${storage.name}`;
    const size = storage.claim?.resources?.requests?.['storage'];
    const label = `${storage.name}${size === undefined ? '' : ` ${String(size)}`}${storage.perInstance ? ` × ${workload.replicas}` : ''}`;
    nodes.set(id, { id, column: 2, kind: storage.source, label, object: undefined });
    edges.push({ from: own, to: id, says: storage.mountPaths.join(', ') });
    const found = graph.classOf(storage);
    if (!found) continue;
    const classId = add(3, found);
    edges.push({ from: id, to: classId, says: 'of class' });
    const volumes = graph.volumesOfClass(found.name);
    for (const volume of volumes.slice(0, MOST_VOLUMES)) edges.push({ from: classId, to: add(4, volume), says: 'has' });
    if (volumes.length > MOST_VOLUMES) {
      const more = `more volumes of ${found.name}`;
      nodes.set(more, {
        id: more,
        column: 4,
        kind: 'PersistentVolume',
        label: `and ${volumes.length - MOST_VOLUMES} more`,
        object: undefined,
      });
      edges.push({ from: classId, to: more, says: 'has' });
    }
  }
  return { nodes: [...nodes.values()], edges };
}
