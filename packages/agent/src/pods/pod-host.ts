// What the node gives to each of its pods.
import type { Client } from '@holdfast/client';
import type { Clock } from '@holdfast/clock';
import type { EventRecorder, Logger } from '@holdfast/controller';
import type { Node, Pod, Service } from '@holdfast/schema';
import type { AddressPool } from '../node/address-pool.ts';
import type { ReferenceSource } from '../node/reference-watches.ts';
import type { VolumesInUse } from '../node/volumes-in-use.ts';
import type { Runtime } from '../runtime/runtime.ts';

export interface PodHost {
  readonly nodeName: string;
  readonly nodeIp: string;
  /** The node as it is known now. */
  node(): Node;
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: EventRecorder;
  readonly runtime: Runtime;
  readonly addresses: AddressPool;
  readonly allocatable: Readonly<Record<string, string>>;
  /** Folder of a pod by its uid. */
  podFolder(uid: string): string;
  nodePath(path: string): string;
  /** Services whose variables pods of the namespace get. */
  services(namespace: string): readonly Service[];
  /** Variables that every container gets, by the pod's address. */
  nodeVariables(podIp: string): Readonly<Record<string, string>>;
  readonly clusterDomain: string;
  readonly volumesInUse: VolumesInUse;
  /** ConfigMaps and Secrets of its pods. */
  readonly references: Pick<ReferenceSource, 'read'>;
  /** Other pods that the node has taken and that are not over. */
  activePods(exceptUid: string): readonly Pod[];
}
