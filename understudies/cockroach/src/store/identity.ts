// Who this node is: which store this is, and which number the cluster gave it.
import { type Random, uuid } from '@holdfast/clock';
import type { Disk } from './disk.ts';

const FILE = 'identity.json';

export interface Identity {
  /** Made when the store is; tells a node that comes back from one that is new. */
  readonly storeId: string;
  /** Absent until the node belongs to a cluster. */
  readonly member?: { readonly clusterId: string; readonly nodeId: number };
}

/** Reads who this is; a new store gets a number of its own. */
export async function loadIdentity(disk: Disk, random: Random): Promise<Identity> {
  const file = await disk.read(FILE);
  if (file) return parse(Buffer.from(file).toString());
  const identity = { storeId: uuid(random) };
  await saveIdentity(disk, identity);
  return identity;
}

export async function saveIdentity(disk: Disk, identity: Identity): Promise<void> {
  await disk.replace(FILE, Buffer.from(`${JSON.stringify(identity)}\n`));
}

function parse(text: string): Identity {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('storeId' in value) || typeof value.storeId !== 'string')
    throw new Error(`${FILE} is damaged: it does not say which store this is`);
  if (!('member' in value)) return { storeId: value.storeId };
  const { member } = value;
  const whole = typeof member === 'object' && member !== null && 'clusterId' in member && 'nodeId' in member;
  if (!whole || typeof member.clusterId !== 'string' || typeof member.nodeId !== 'number')
    throw new Error(`${FILE} is damaged: it does not say which node of which cluster this is`);
  return { storeId: value.storeId, member: { clusterId: member.clusterId, nodeId: member.nodeId } };
}
