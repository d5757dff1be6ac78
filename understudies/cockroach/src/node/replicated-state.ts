// All that is replicated: who belongs to the cluster, and the database.
import type { StateMachine } from '../replica.ts';
import { isRecordOf } from '../store/raft-record.ts';
import { decodeRecord, encodeRecord, RecordError } from '../store/record.ts';
import { isNodeInfo, type Membership, type MembershipState } from './membership.ts';

/** A command of the log with the name under which its proposer waits for its outcome. */
export type Command =
  | { readonly id: string; readonly kind: 'membership'; readonly join: Parameters<Membership['apply']>[0]['join'] }
  | { readonly id: string; readonly kind: 'database'; readonly bytes: Uint8Array };

export function encodeCommand(command: Command): Uint8Array {
  if (command.kind === 'database') return encodeRecord({ head: { kind: 'database', id: command.id }, blobs: [command.bytes] });
  return encodeRecord({ head: command, blobs: [] });
}

export class ReplicatedState {
  readonly membership: Membership;
  readonly #database: StateMachine;

  constructor(membership: Membership, database: StateMachine) {
    this.membership = membership;
    this.#database = database;
  }

  /** Applies a command of the log; the outcome is the same on every node. */
  apply(bytes: Uint8Array): { readonly id: string; readonly outcome: unknown } {
    const { head, blobs } = decodeRecord(bytes);
    if (isRecordOf(head, 'database') && typeof head['id'] === 'string' && blobs[0])
      return { id: head['id'], outcome: this.#database.apply(blobs[0]) };
    if (isRecordOf(head, 'membership') && typeof head['id'] === 'string' && isNodeInfo(head['join']))
      return { id: head['id'], outcome: this.membership.apply({ join: head['join'] }) };
    throw new RecordError('a command of the log is none of ours');
  }

  snapshot(): Uint8Array {
    return snapshotOf(this.membership.state, this.#database.snapshot());
  }

  restore(snapshot: Uint8Array): void {
    const { head, blobs } = decodeRecord(snapshot);
    if (!isRecordOf(head, 'state') || !blobs[0]) throw new RecordError('a snapshot does not hold the state');
    this.membership.restore(membershipState(head));
    this.#database.restore(blobs[0]);
  }
}

/** The whole state as bytes. */
export function snapshotOf(state: MembershipState, database: Uint8Array): Uint8Array {
  return encodeRecord({ head: { kind: 'state', ...state }, blobs: [database] });
}

function membershipState({ clusterId, nextId, members }: Readonly<Record<string, unknown>>): MembershipState {
  const whole = typeof clusterId === 'string' && typeof nextId === 'number' && Array.isArray(members) && members.every(isMember);
  if (!whole) throw new RecordError('a snapshot does not say who belongs to the cluster');
  return { clusterId, nextId, members };
}

function isMember(value: unknown): value is MembershipState['members'][number] {
  return isNodeInfo(value) && 'nodeId' in value && typeof value.nodeId === 'number';
}
