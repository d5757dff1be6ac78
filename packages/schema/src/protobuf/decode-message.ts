// Messages to JSON values, by the field numbers of the type table.
import type { CustomForm, FieldDef, TypeNode } from '../type-table.ts';
import type { WireType } from './reader.ts';
import { durationText } from '../decode/duration.ts';
import { setMember } from '../deep.ts';
import { memoize } from '../memoize.ts';
import { typeDef } from '../type-table.ts';
import { Reader, WireError } from './reader.ts';

type Values = Record<string, unknown>;
/** Reads one value. `depth` is how deep the message lies. */
type Read = (reader: Reader, wire: WireType, depth: number) => unknown;
/** Reads one occurrence of a field into the object. */
type ReadField = (target: Values, reader: Reader, wire: WireType, depth: number) => void;

/** Deeper messages are refused: nothing real is, and reading takes stack. */
const MAX_DEPTH = 400;

/** Decodes the bytes of a message of the type. The value is to be decoded as JSON would be: unset members are left out. */
export function decodeMessage(typeName: string, bytes: Uint8Array): unknown {
  return readType(typeName, bytes, 0);
}

function readType(typeName: string, bytes: Uint8Array, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new WireError('exceeded max depth');
  const { custom } = typeDef(typeName);
  const fields = fieldsOf(typeName);
  const object: Values = {};
  readFields(object, new Reader(bytes), fields, depth);
  return custom ? CUSTOM_VALUES[custom](object) : object;
}

function readFields(target: Values, reader: Reader, fields: ReadonlyMap<number, ReadField>, depth: number): void {
  while (!reader.done) {
    const { field, wire } = reader.tag();
    const read = fields.get(field);
    if (read) read(target, reader, wire, depth);
    else reader.skip(wire);
  }
}

/** Readers by field number. */
const fieldsOf: (typeName: string) => ReadonlyMap<number, ReadField> = memoize((typeName: string) => {
  const def = typeDef(typeName);
  const placed = Object.entries(def.wireFields ?? def.fields ?? {}).flatMap(([name, field]): readonly PlacedField[] => {
    const { proto } = field;
    return proto === undefined ? [] : [{ path: typeof proto === 'number' ? [proto] : proto, read: fieldReader(name, field) }];
  });
  return byNumber(placed);
});

interface PlacedField {
  readonly path: readonly number[];
  readonly read: ReadField;
}

/** The fields of an embedded type lie in a message of their own but belong to the object that embeds it. */
function byNumber(placed: readonly PlacedField[]): ReadonlyMap<number, ReadField> {
  const readers = new Map<number, ReadField>();
  const embedded = new Map<number, PlacedField[]>();
  for (const { path, read } of placed) {
    const [number = 0, ...rest] = path;
    if (rest.length === 0) readers.set(number, read);
    else embedded.set(number, [...(embedded.get(number) ?? []), { path: rest, read }]);
  }
  for (const [number, members] of embedded) {
    const fields = byNumber(members);
    readers.set(number, (target, reader, wire, depth) => readFields(target, new Reader(delimited(reader, wire)), fields, depth + 1));
  }
  return readers;
}

function fieldReader(name: string, field: FieldDef): ReadField {
  if (field.map) return mapReader(name, field.map);
  // The table states the wire kind of the elements on the list.
  if (field.list && field.wrap !== 1) return listReader(name, field.wire ? { ...field.list, wire: field.wire } : field.list);
  const read = valueReader(field);
  return (target, reader, wire, depth) => {
    target[name] = read(reader, wire, depth);
  };
}

function listReader(name: string, element: TypeNode): ReadField {
  const read = valueReader(element);
  return (target, reader, wire, depth) => {
    const list = (target[name] ??= []) as unknown[];
    // Numbers may also come packed, though Kubernetes does not write them so.
    if (wire === 2 && element.wire !== undefined) {
      const packed = new Reader(reader.bytes());
      while (!packed.done) list.push(read(packed, element.wire === 'varint' ? 0 : 1, depth));
    } else list.push(read(reader, wire, depth));
  };
}

function mapReader(name: string, element: TypeNode): ReadField {
  const readValue = valueReader(element);
  return (target, reader, wire, depth) => {
    const map = (target[name] ??= {}) as Values;
    const entry = new Reader(delimited(reader, wire));
    let key = '';
    let value: unknown;
    while (!entry.done) {
      const { field, wire: kind } = entry.tag();
      if (field === 1) key = entry.text();
      else if (field === 2) value = readValue(entry, kind, depth + 1);
      else entry.skip(kind);
    }
    setMember(map, key, value ?? null);
  };
}

function valueReader(node: TypeNode): Read {
  if (node.list) {
    const fields = new Map([[1, listReader('items', node.list)]]);
    return (reader, wire, depth) => {
      const holder: Values = { items: [] };
      readFields(holder, new Reader(delimited(reader, wire)), fields, depth + 1);
      return holder['items'];
    };
  }
  const { ref } = node;
  if (ref !== undefined) return (reader, wire, depth) => readType(ref, delimited(reader, wire), depth + 1);
  if (node.wire === 'fixed64') return (reader, wire) => expect(wire, 1) && reader.double();
  if (node.t === 'boolean') return (reader, wire) => expect(wire, 0) && reader.varint() !== 0;
  if (node.wire === 'varint')
    return node.format === 'int32'
      ? (reader, wire) => expect(wire, 0) && Math.trunc(reader.varint() | 0)
      : (reader, wire) => expect(wire, 0) && reader.varint();
  if (node.format === 'byte') return (reader, wire) => delimited(reader, wire).toString('base64');
  return (reader, wire) => expect(wire, 2) && reader.text();
}

function delimited(reader: Reader, wire: WireType): Buffer {
  expect(wire, 2);
  return reader.bytes();
}

function expect(actual: WireType, wanted: WireType): true {
  if (actual !== wanted) throw new WireError(`wrong wireType = ${actual}`);
  return true;
}

/** JSON values of types with a form of their own, from the fields of their messages. */
const CUSTOM_VALUES: Readonly<Record<CustomForm, (fields: Values) => unknown>> = {
  quantity: (f) => f['string'] ?? '0',
  intOrString: (f) => (f['type'] === 1 ? (f['strVal'] ?? '') : (f['intVal'] ?? 0)),
  time: (f) => timeText(f, 0),
  microTime: (f) => timeText(f, 6),
  duration: (f) => durationText(BigInt(numberOf(f['duration']))),
  rawJSON: (f) => json(f['raw'] ?? f['Raw']),
  schemaOrArray: (f) => f['schema'] ?? f['jSONSchemas'] ?? null,
  schemaOrBool: (f) => f['schema'] ?? f['allows'] ?? false,
  schemaOrStringArray: (f) => f['schema'] ?? f['property'] ?? null,
  envelope: (f) => f,
};

function timeText(fields: Values, digits: number): string | null {
  const seconds = fields['seconds'];
  // Go's zero time is written as an empty message.
  if (typeof seconds !== 'number') return null;
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw new WireError('time out of range');
  const text = date.toISOString().slice(0, 19);
  const nanos = String(numberOf(fields['nanos'])).padStart(9, '0');
  return digits === 0 ? `${text}Z` : `${text}.${nanos.slice(0, digits)}Z`;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function json(raw: unknown): unknown {
  if (typeof raw !== 'string' || raw === '') return null;
  try {
    return JSON.parse(Buffer.from(raw, 'base64').toString('utf8')) as unknown;
  } catch (error) {
    throw new WireError('raw JSON is invalid', { cause: error });
  }
}
