// What the members of a Raft group say to each other, and what they keep. Follows D. Ongaro's dissertation (2014); sections are named where a rule comes from one.

/** Number of a member, 1 or more; 0 means nobody. */
export type NodeId = number;
export const NOBODY: NodeId = 0;

/** `empty`: a new leader's first entry. `configuration`: data is a Configuration as JSON. */
export type EntryKind = 'command' | 'configuration' | 'empty';

export interface Entry {
  readonly term: number;
  readonly index: number;
  readonly kind: EntryKind;
  readonly data: Uint8Array;
}

/** Who votes, and who only receives the log (a newcomer that has still to catch up, section 4.2.1). */
export interface Configuration {
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
}

/** The place in the log that a snapshot stands for. */
export interface SnapshotMark {
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
}

export interface Snapshot extends SnapshotMark {
  readonly data: Uint8Array;
}

/** What must be on disk before a member answers. */
export interface HardState {
  readonly term: number;
  readonly vote: NodeId;
}

export type MessageBody =
  /** `transfer`: the leader itself asked for this election, so its lease does not protect it (section 3.10). */
  | { readonly type: 'preVote' | 'vote'; readonly lastIndex: number; readonly lastTerm: number; readonly transfer: boolean }
  | { readonly type: 'preVoteReply' | 'voteReply'; readonly granted: boolean }
  | {
      readonly type: 'append';
      readonly prevIndex: number;
      readonly prevTerm: number;
      readonly commit: number;
      readonly entries: readonly Entry[];
    }
  /** `index`: the last entry known to agree with the leader's; where refused, the last one that may agree. */
  | { readonly type: 'appendReply'; readonly accepted: boolean; readonly index: number }
  /** `round` tells which reads an answer confirms (section 6.4). */
  | { readonly type: 'heartbeat'; readonly commit: number; readonly round: number }
  | { readonly type: 'heartbeatReply'; readonly round: number }
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly type: 'timeoutNow' };

export type Message = MessageBody & { readonly from: NodeId; readonly to: NodeId; readonly term: number };

/** A majority of the voters. */
export function quorum(configuration: Configuration): number {
  return Math.floor(configuration.voters.length / 2) + 1;
}

export function encodeConfiguration({ voters, learners }: Configuration): Uint8Array {
  return Buffer.from(JSON.stringify({ voters, learners }));
}

/** Throws on anything but what encodeConfiguration wrote. */
export function decodeConfiguration(data: Uint8Array): Configuration {
  const value: unknown = JSON.parse(Buffer.from(data).toString());
  if (!isConfiguration(value)) throw new Error('a configuration entry does not hold a configuration');
  return { voters: value.voters, learners: value.learners };
}

/** Whether the value has a Configuration's shape. */
export function isConfiguration(value: unknown): value is Configuration {
  if (typeof value !== 'object' || value === null || !('voters' in value) || !('learners' in value)) return false;
  return [value.voters, value.learners].every((list) => Array.isArray(list) && list.every((id) => Number.isSafeInteger(id) && id > 0));
}
