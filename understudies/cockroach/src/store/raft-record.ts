// Entries of the log as parts of a record: the numbers in its head, the data behind it.
import type { Entry, EntryKind } from '../raft/messages.ts';
import { RecordError } from './record.ts';

type EntryHead = readonly [term: number, index: number, kind: EntryKind];
const KINDS: ReadonlySet<unknown> = new Set<EntryKind>(['command', 'configuration', 'empty']);

export function entryHead({ term, index, kind }: Entry): EntryHead {
  return [term, index, kind];
}

/** Throws RecordError unless there is a blob for each head, and each index follows on the one before. */
export function entriesFrom(heads: unknown, blobs: readonly Uint8Array[]): readonly Entry[] {
  if (!Array.isArray(heads) || heads.length !== blobs.length || !heads.every(isEntryHead))
    throw new RecordError('entries have not their shape');
  const entries = heads.map(([term, index, kind], position) => ({ term, index, kind, data: blobs[position]! }));
  if (entries.some((entry, position) => position > 0 && entry.index !== entries[position - 1]!.index + 1))
    throw new RecordError('entries do not follow on one another');
  return entries;
}

/** Whether the head is an object of that kind. */
export function isRecordOf(head: unknown, kind: string): head is Readonly<Record<string, unknown>> {
  return typeof head === 'object' && head !== null && 'kind' in head && head.kind === kind;
}

function isEntryHead(value: unknown): value is EntryHead {
  return Array.isArray(value) && value.length === 3 && isCount(value[0]) && isCount(value[1]) && value[1] > 0 && KINDS.has(value[2]);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
