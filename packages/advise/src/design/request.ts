// What a database shall be like, and why some wishes are refused.
import { tryParseQuantity } from '@holdfast/schema';

/** Engines for which manifests are written, and what runs each. */
export const DESIGNED = ['cockroachdb', 'postgresql', 'mysql', 'mongodb', 'kafka', 'etcd'] as const;
export const PROVIDERS = ['aws', 'gcp', 'azure'] as const;

/** What is wanted. */
export interface DesignRequest {
  readonly engine: (typeof DESIGNED)[number];
  /** A DNS label. */
  readonly name: string;
  readonly namespace: string;
  readonly instances: number;
  /** Of each instance: '100Gi'. */
  readonly size: string;
  /** 'local': disks of the nodes; 'network': disks that follow the pod. */
  readonly storage: 'local' | 'network';
  /** For network storage. */
  readonly provider: (typeof PROVIDERS)[number] | undefined;
  /** For local storage: a disk of each of these is used. */
  readonly nodes: readonly string[];
  /** Per instance; 0: whatever there is. */
  readonly iops: number;
  /** What may be lost without losing data. */
  readonly survive: 'node' | 'zone';
  /** s3://… for engines whose own backups go to a bucket. */
  readonly bucket: string | undefined;
}

/** A wish that would lose data, or cannot be had. The message says what to do instead. */
export class DesignError extends Error {
  override readonly name = 'DesignError';
}

/** Most IOPS of one disk of the class that is written for each provider. */
export const MOST_IOPS: Readonly<Record<(typeof PROVIDERS)[number], number>> = { aws: 16_000, gcp: 100_000, azure: 20_000 };

const LABEL = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** Engines whose members all vote. */
const VOTING: readonly string[] = ['mysql', 'mongodb', 'kafka', 'etcd'];
const TO_BUCKET: readonly string[] = ['postgresql', 'mysql', 'mongodb'];

/** Throws DesignError with the first reason to refuse. */
export function refuseBadWishes(request: DesignRequest): void {
  const { engine, name, namespace, instances, size, storage, provider, nodes, iops, survive, bucket } = request;
  const refuse = (sentence: string): never => {
    throw new DesignError(sentence);
  };
  if (!LABEL.test(name)) refuse(`${name} is no name: lower case letters, digits and hyphens`);
  if (!LABEL.test(namespace)) refuse(`${namespace} is no namespace: lower case letters, digits and hyphens`);
  const bytes = tryParseQuantity(size)?.bigValue() ?? 0n;
  if (bytes < 1n << 30n) refuse(`a size of ${size} is none, or less than 1Gi; name one such as 100Gi`);
  if (!Number.isInteger(instances) || instances < 1) refuse(`${instances} instances cannot be had`);
  if (storage === 'local' && instances === 1)
    refuse('one instance on a local disk is refused: the disk, or its node, is the only copy. Take three instances, or network storage');
  if (storage === 'local' && nodes.length !== instances)
    refuse(`local storage needs a node for each instance: name ${instances} with --nodes a,b,c`);
  if (storage === 'local' && new Set(nodes).size !== nodes.length) refuse('a node is named twice: two instances would be lost with it');
  if (storage === 'network' && provider === undefined) refuse(`network storage needs a provider: --provider ${PROVIDERS.join('|')}`);
  if (engine !== 'postgresql' && instances < 3) refuse(`${engine} with ${instances} instances survives the loss of none: take three`);
  if (VOTING.includes(engine) && instances % 2 === 0)
    refuse(
      `${instances} members of ${engine} can miss ${instances / 2 - 1}, as ${instances - 1} could: take ${instances - 1} or ${instances + 1}`,
    );
  if (survive === 'zone' && storage === 'local')
    refuse('disks of nodes do not say in which zone they are: take --survive node, and nodes of several zones');
  if (survive === 'zone' && instances < 3) refuse('surviving a zone takes an instance in each of three zones');
  if (storage === 'network' && provider !== undefined && iops > MOST_IOPS[provider])
    refuse(`${iops} IOPS are more than one such disk has with ${provider} (${MOST_IOPS[provider]}): take local storage, or more instances`);
  if (TO_BUCKET.includes(engine) && !/^s3:\/\/[^/]+/.test(bucket ?? ''))
    refuse(`backups of ${engine} go to a bucket: name it with --bucket s3://name/path`);
}
