// The state of one decoding: where in the document it is, and what it has found. Failures speak as Go's decoder does.
import type { TypeNode } from '../type-table.ts';
import { findTypeDef } from '../type-table.ts';

/** A value that does not have the type of its field; the message is Go's. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** Passed along while one document is decoded. */
export interface Decoding {
  /** Keys and indexes from the root to the value at hand. */
  readonly path: (string | number)[];
  /** The struct that holds the field at hand, by Go's name; '' at the root. */
  struct: string;
  readonly unknownFields: string[];
  /**
   * What is known to stand at this place in decoded form already, as in the object that an update replaces: the very same value needs no
   * decoding. Undefined where nothing is known.
   */
  known: unknown;
}

/** Turns a JSON value into the form in which it is kept; undefined stands for Go's nil or zero value. */
export type Decode = (value: unknown, at: Decoding) => unknown;

/** Fails as json.UnmarshalTypeError does. */
export function typeMismatch(value: unknown, goType: string, at: Decoding): DecodeError {
  const target = at.struct === '' ? `value of type ${goType}` : `struct field ${at.struct}.${goPath(at)} of type ${goType}`;
  return new DecodeError(`json: cannot unmarshal ${jsonKind(value, goType)} into Go ${target}`);
}

/** 'spec.containers[0].image', as strict decoding names a field. */
export function fieldPath(path: readonly (string | number)[], last: string): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`;
  return text === '' ? last : `${text}.${last}`;
}

/** The Go type of a value, as its messages print it: 'int32', '[]v1.Container', 'map[string]string'. */
export function goTypeOf(node: TypeNode): string {
  if (node.alias !== undefined) return `v1.${node.alias}`;
  if (node.list) return `[]${goTypeOf(node.list)}`;
  if (node.map) return `map[string]${goTypeOf(node.map)}`;
  if (node.ref !== undefined) return goNameOf(node.ref);
  if (node.format === 'byte') return '[]uint8';
  switch (node.t) {
    case 'integer':
      return node.format === 'int32' ? 'int32' : 'int64';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    default:
      return 'string';
  }
}

/** 'v1.Pod' of 'io.k8s.api.core.v1.Pod'. */
export function goNameOf(typeName: string): string {
  const custom = findTypeDef(typeName)?.custom;
  if (custom === 'time' || custom === 'microTime' || custom === 'duration' || custom === 'quantity') return 'string';
  return typeName.split('.').slice(-2).join('.');
}

function goPath(at: Decoding): string {
  return at.path.filter((step) => typeof step === 'string').join('.');
}

function jsonKind(value: unknown, goType: string): string {
  if (Array.isArray(value)) return 'array';
  switch (typeof value) {
    case 'object':
      return 'object';
    case 'boolean':
      return 'bool';
    case 'number':
      return /^(int|uint|float)/.test(goType) ? `number ${value}` : 'number';
    default:
      return 'string';
  }
}
