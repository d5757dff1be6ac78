// Decoders compiled from the type table, once per type. A decoded object has its members in the order in which a server
// writes them, holds no unknown field, and states or leaves out empty members exactly as Go's encoder does.
import type { FieldDef, TypeDef, TypeNode } from '../type-table.ts';
import type { Decode, Decoding } from './decoding.ts';
import { deepFreeze, isRecord, setMember } from '../deep.ts';
import { memoize } from '../memoize.ts';
import { typeDef } from '../type-table.ts';
import { CUSTOM_DECODERS, CUSTOM_ZEROS } from './custom.ts';
import { DecodeError, fieldPath, goNameOf, goTypeOf, typeMismatch } from './decoding.ts';
import { scalarDecoder, scalarZero } from './scalars.ts';

/** What a field of a struct does with values. */
interface FieldPlan {
  readonly name: string;
  readonly index: number;
  readonly decode: Decode;
  /** Whether a decoded value is left out of the object. */
  readonly omits: (value: unknown) => boolean;
  /** Stated when the field is unset; undefined when it is left out then. */
  readonly unset: () => unknown;
}

/** The decoder of a type. */
export const decoderOf: (typeName: string) => Decode = memoize((typeName: string): Decode => {
  const def = typeDef(typeName);
  if (def.custom?.startsWith('schema')) return schemaUnion(def);
  if (def.custom) return CUSTOM_DECODERS[def.custom as keyof typeof CUSTOM_DECODERS];
  return structDecoder(typeName, def);
});

/** A struct of the type with nothing set. */
const emptyStruct: (typeName: string) => unknown = memoize((typeName: string) =>
  deepFreeze(decoderOf(typeName)({}, { path: [], struct: '', unknownFields: [], known: undefined })),
);

function structDecoder(typeName: string, def: TypeDef): Decode {
  const plans = new Map(Object.entries(def.fields ?? {}).map(([name, field], index) => [name, fieldPlan(name, field, index)]));
  const ordered = [...plans.values()];
  const goName = goNameOf(typeName);
  const struct = typeName.slice(typeName.lastIndexOf('.') + 1);
  // Fields that an object states even when they are not given; few types have any.
  const stated = ordered.filter((plan) => plan.unset() !== undefined);

  return (value, at) => {
    if (!isRecord(value)) throw typeMismatch(value, goName, at);
    const { struct: outer, known: knownWhole } = at;
    if (value === knownWhole) return value;
    const known = isRecord(knownWhole) ? knownWhole : NOTHING_KNOWN;
    const object: Record<string, unknown> = {};
    at.struct = struct;
    let differs = known === NOTHING_KNOWN;
    let inOrder = true;
    let last = -1;
    let s = 0;
    for (const key of Object.keys(value)) {
      const raw = value[key];
      const plan = plans.get(key);
      if (plan === undefined) {
        if (raw !== undefined) at.unknownFields.push(fieldPath(at.path, key));
        continue;
      }
      if (raw === undefined || raw === null) continue;
      const decoded = raw === known[key] ? raw : decodeField(plan, raw, known[key], at, struct);
      if (decoded === undefined || plan.omits(decoded)) continue;
      if (plan.index < last) inOrder = false;
      last = plan.index;
      for (; s < stated.length && stated[s]!.index < last; s++) state(object, stated[s]!);
      object[plan.name] = decoded;
      differs ||= decoded !== known[key];
    }
    for (; s < stated.length; s++) state(object, stated[s]!);
    at.struct = outer;
    at.known = knownWhole;
    if (!differs && sameSize(object, known)) return known;
    return inOrder ? object : inOrderOf(ordered, object);
  };
}

/** Whether two objects, one of which has nothing that the other has not, have as many members. */
function sameSize(a: object, b: object): boolean {
  return Object.keys(a).length === Object.keys(b).length;
}

const NOTHING_KNOWN: Readonly<Record<string, unknown>> = Object.freeze({});
const NO_ITEMS: readonly unknown[] = Object.freeze([]);

function decodeField(plan: FieldPlan, raw: unknown, known: unknown, at: Decoding, struct: string): unknown {
  at.path.push(plan.name);
  at.known = known;
  const decoded = plan.decode(raw, at);
  at.path.pop();
  at.struct = struct;
  return decoded;
}

/** States a field that is not given; one that is given out of order may be there already. */
function state(object: Record<string, unknown>, plan: FieldPlan): void {
  if (!Object.hasOwn(object, plan.name)) object[plan.name] = plan.unset();
}

function inOrderOf(ordered: readonly FieldPlan[], object: Readonly<Record<string, unknown>>): unknown {
  const result: Record<string, unknown> = {};
  for (const { name } of ordered) if (Object.hasOwn(object, name)) result[name] = object[name];
  return result;
}

function fieldPlan(name: string, field: FieldDef, index: number): FieldPlan {
  const decode = lazily(() => nodeDecoder(field));
  if (field.ptr) return { name, index, decode, omits: never, unset: field.omitempty ? absent : nil };
  if (field.list || field.map || field.t === 'any' || field.format === 'byte') {
    return field.omitempty ? { name, index, decode, omits: isEmpty, unset: absent } : { name, index, decode, omits: never, unset: nil };
  }
  if (field.ref !== undefined) return { name, index, decode, omits: never, unset: structZero(field.ref) };
  const zero = scalarZero(field);
  return field.omitempty
    ? { name, index, decode, omits: (v) => v === zero, unset: absent }
    : { name, index, decode, omits: never, unset: () => zero };
}

function structZero(ref: string): () => unknown {
  const { custom } = typeDef(ref);
  return custom ? () => CUSTOM_ZEROS[custom] : () => emptyStruct(ref);
}

const never = (): boolean => false;
const absent = (): undefined => undefined;
const nil = (): null => null;
const isEmpty = (value: unknown): boolean =>
  value === '' || (Array.isArray(value) ? value.length === 0 : isRecord(value) && !hasMember(value));

function hasMember(value: object): boolean {
  for (const _ in value) return true;
  return false;
}

/** Types refer to each other in circles, so a field's decoder is made at its first use. */
function lazily(make: () => Decode): Decode {
  let decode: Decode | undefined;
  return (value, at) => (decode ??= make())(value, at);
}

function nodeDecoder(node: TypeNode): Decode {
  if (node.list) return listDecoder(node, node.list);
  if (node.map) return mapDecoder(node, node.map);
  return node.ref === undefined ? scalarDecoder(node) : decoderOf(node.ref);
}

function listDecoder(node: TypeNode, element: TypeNode): Decode {
  const decode = nodeDecoder(element);
  const zero = elementZero(element);
  const goType = goTypeOf(node);
  return (value, at) => {
    if (!Array.isArray(value)) throw typeMismatch(value, goType, at);
    const whole = at.known;
    if (value === whole) return value;
    const known: readonly unknown[] = Array.isArray(whole) ? whole : NO_ITEMS;
    const depth = at.path.length;
    const items: unknown[] = [];
    let same = value.length === known.length;
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (item === null || item === undefined) items.push(zero());
      else if (item === known[i]) items.push(item);
      else {
        at.path[depth] = i;
        at.known = known[i];
        items.push(decode(item, at) ?? zero());
      }
      same &&= items[i] === known[i];
    }
    at.path.length = depth;
    return same && known !== NO_ITEMS ? known : items;
  };
}

function mapDecoder(node: TypeNode, element: TypeNode): Decode {
  const decode = nodeDecoder(element);
  const zero = elementZero(element);
  const goType = goTypeOf(node);
  const scalar = element.ref === undefined;
  const decodeMember = (key: string, member: unknown, known: unknown, at: Decoding): unknown => {
    if (member === null) return zero();
    at.known = known;
    // Go's messages do not name the key of a map; paths of unknown fields below it do.
    if (!scalar) at.path.push(key);
    const decoded = decode(member, at) ?? zero();
    if (!scalar) at.path.pop();
    return decoded;
  };
  return (value, at) => {
    if (!isRecord(value)) throw typeMismatch(value, goType, at);
    const whole = at.known;
    if (value === whole) return value;
    const known = isRecord(whole) ? whole : NOTHING_KNOWN;
    const result: Record<string, unknown> = {};
    let differs = known === NOTHING_KNOWN;
    for (const key of Object.keys(value).sort()) {
      const member = value[key];
      if (member === undefined) continue;
      const before = Object.hasOwn(known, key) ? known[key] : undefined;
      const after = member === before ? member : decodeMember(key, member, before, at);
      setMember(result, key, after);
      differs ||= after !== before;
    }
    return !differs && sameSize(result, known) ? known : result;
  };
}

function elementZero(node: TypeNode): () => unknown {
  if (node.list || node.map) return nil;
  if (node.ref !== undefined) return structZero(node.ref);
  const zero = node.format === 'byte' ? '' : scalarZero(node);
  return () => zero;
}

/** A schema or something else: a list of schemas, a boolean, a list of strings. */
function schemaUnion(def: TypeDef): Decode {
  const schema = def.wireFields?.['schema']?.ref ?? '';
  const list = def.wireFields?.['jSONSchemas'] ?? def.wireFields?.['property'];
  const decodeList = list?.list ? lazily(() => listDecoder(list, list.list ?? {})) : undefined;
  const name = def.custom ?? '';
  return (value, at: Decoding) => {
    if (isRecord(value)) return decoderOf(schema)(value, at);
    if (Array.isArray(value) && decodeList) return decodeList(value, at);
    if (typeof value === 'boolean' && name === 'schemaOrBool') return value;
    throw new DecodeError(
      name === 'schemaOrBool'
        ? 'boolean or JSON schema expected'
        : name === 'schemaOrArray'
          ? 'array or JSON schema expected'
          : 'array or JSON schema expected',
    );
  };
}
