// Questions between nodes, and from the command line to a node.
import { isRecordOf } from '../store/raft-record.ts';
import { type RecordContent, RecordError } from '../store/record.ts';

/** What a node can be asked. The argument and the answer are JSON, with one run of bytes besides in `propose`. */
export type Method = 'status' | 'init' | 'join' | 'ping' | 'propose' | 'read' | 'nodes' | 'drain';
const METHODS: ReadonlySet<unknown> = new Set<Method>(['status', 'init', 'join', 'ping', 'propose', 'read', 'nodes', 'drain']);

export interface Call {
  readonly method: Method;
  readonly argument: unknown;
  readonly bytes: Uint8Array;
}

/** What a node answers. A refusal's `code` is for programs, its message for people. */
export type Answer = { readonly value: unknown } | { readonly refusal: string; readonly code: RefusalCode };
export type RefusalCode = 'notLeader' | 'uninitialized' | 'refused';

/** A node refused what it was asked: nothing has happened. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The question could not be put: nothing has happened. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** The question was put, but the connection broke before the answer came. */
export class AnswerLost extends Error {
  override readonly name = 'AnswerLost';
}

export function encodeCall(id: number, { method, argument, bytes }: Call): RecordContent {
  return { head: { kind: 'call', id, method, argument: argument ?? null }, blobs: [bytes] };
}

export function decodeCall({ head, blobs }: RecordContent): Call & { readonly id: number } {
  if (!isRecordOf(head, 'call') || typeof head['id'] !== 'number' || !isMethod(head['method']))
    throw new RecordError('a call has not its shape');
  return { id: head['id'], method: head['method'], argument: head['argument'], bytes: blobs[0] ?? new Uint8Array() };
}

export function encodeAnswer(id: number, answer: Answer): RecordContent {
  return { head: { kind: 'answer', id, ...answer }, blobs: [] };
}

export function decodeAnswer({ head }: RecordContent): { readonly id: number; readonly answer: Answer } {
  if (!isRecordOf(head, 'answer') || typeof head['id'] !== 'number') throw new RecordError('an answer has not its shape');
  const { id, refusal, code } = head;
  if (typeof refusal !== 'string') return { id, answer: { value: head['value'] } };
  return { id, answer: { refusal, code: code === 'notLeader' || code === 'uninitialized' ? code : 'refused' } };
}

function isMethod(value: unknown): value is Method {
  return METHODS.has(value);
}
