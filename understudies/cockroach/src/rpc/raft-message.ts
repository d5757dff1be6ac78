// Raft's messages as records.
import { isConfiguration, type Message, type MessageBody } from '../raft/messages.ts';
import { entriesFrom, entryHead, isRecordOf } from '../store/raft-record.ts';
import { type RecordContent, RecordError } from '../store/record.ts';

/** `address`: where the sender is reached, for a newcomer that does not know the members yet. */
export function encodeMessage(message: Message, address: string): RecordContent {
  const { head, blobs } = encodeFields(message);
  return { head: { kind: 'raft', address, ...head }, blobs };
}

function encodeFields(message: Message): { readonly head: object; readonly blobs: readonly Uint8Array[] } {
  if (message.type === 'append') {
    const { entries, ...rest } = message;
    return { head: { ...rest, entries: entries.map(entryHead) }, blobs: entries.map((entry) => entry.data) };
  }
  if (message.type === 'snapshot') {
    const { data, ...mark } = message.snapshot;
    return { head: { ...message, snapshot: mark }, blobs: [data] };
  }
  return { head: message, blobs: [] };
}

/** Throws RecordError on anything that encodeMessage does not write. */
export function decodeMessage({ head, blobs }: RecordContent): { readonly message: Message; readonly address: string } {
  if (!isRecordOf(head, 'raft') || typeof head['address'] !== 'string') throw new RecordError('a message of Raft was expected');
  const fields = new Fields(head);
  const message = { ...body(fields, blobs), from: fields.count('from'), to: fields.count('to'), term: fields.count('term') };
  return { message, address: head['address'] };
}

function body(fields: Fields, blobs: readonly Uint8Array[]): MessageBody {
  const { type } = fields;
  switch (type) {
    case 'preVote':
    case 'vote':
      return { type, lastIndex: fields.count('lastIndex'), lastTerm: fields.count('lastTerm'), transfer: fields.flag('transfer') };
    case 'preVoteReply':
    case 'voteReply':
      return { type, granted: fields.flag('granted') };
    case 'append':
      return {
        type,
        prevIndex: fields.count('prevIndex'),
        prevTerm: fields.count('prevTerm'),
        commit: fields.count('commit'),
        entries: entriesFrom(fields.value('entries'), blobs),
      };
    case 'appendReply':
      return { type, accepted: fields.flag('accepted'), index: fields.count('index') };
    case 'heartbeat':
      return { type, commit: fields.count('commit'), round: fields.count('round') };
    case 'heartbeatReply':
      return { type, round: fields.count('round') };
    case 'snapshot':
      return { type, snapshot: snapshot(fields.value('snapshot'), blobs[0]) };
    case 'timeoutNow':
      return { type };
    default:
      throw new RecordError(`there is no message ${JSON.stringify(type)}`);
  }
}

function snapshot(value: unknown, data: Uint8Array | undefined): Extract<MessageBody, { type: 'snapshot' }>['snapshot'] {
  if (typeof value !== 'object' || value === null || !('configuration' in value) || !isConfiguration(value.configuration) || !data)
    throw new RecordError('a message does not hold a snapshot');
  const fields = new Fields({ ...value });
  return { index: fields.count('index'), term: fields.count('term'), configuration: value.configuration, data };
}

class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(fields: Readonly<Record<string, unknown>>) {
    this.#fields = fields;
  }

  get type(): unknown {
    return this.#fields['type'];
  }

  value(name: string): unknown {
    return this.#fields[name];
  }

  count(name: string): number {
    const value = this.#fields[name];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new RecordError(`a message has no number ${name}`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.#fields[name];
    if (typeof value !== 'boolean') throw new RecordError(`a message does not say whether ${name}`);
    return value;
  }
}
