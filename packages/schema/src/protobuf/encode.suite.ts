// For tests: writing what the decoder reads, and making random objects of any type of the table.
import type { Random } from '@holdfast/clock';
import type { FieldDef, TypeNode } from '../type-table.ts';
import { isRecord } from '../deep.ts';
import { parseDuration } from '../decode/duration.ts';
import { typeDef } from '../type-table.ts';

type Values = Readonly<Record<string, unknown>>;

/** A body as client-go sends it. */
export function encodeBody(apiVersion: string, kind: string, typeName: string, object: Values): Buffer {
  const meta = Buffer.concat([delimited(1, Buffer.from(apiVersion)), delimited(2, Buffer.from(kind))]);
  const raw = encodeMessage(typeName, object);
  return Buffer.concat([
    Buffer.from('k8s\0'),
    delimited(1, meta),
    delimited(2, raw),
    delimited(3, Buffer.alloc(0)),
    delimited(4, Buffer.alloc(0)),
  ]);
}

/** The message of an object. */
export function encodeMessage(typeName: string, value: unknown): Buffer {
  const def = typeDef(typeName);
  const fields = def.custom ? customFields(def.custom, value) : (value as Values);
  const placed = Object.entries(def.wireFields ?? def.fields ?? {}).flatMap(([name, field]) => {
    const member = fields[name];
    if (field.proto === undefined || member === undefined || member === null) return [];
    const path = typeof field.proto === 'number' ? [field.proto] : field.proto;
    return [{ path, bytes: encodeField(path.at(-1)!, field, member) }];
  });
  return nest(placed);
}

/** Puts fields of embedded types into messages of their own. */
function nest(placed: readonly { readonly path: readonly number[]; readonly bytes: Buffer }[]): Buffer {
  const numbers = [...new Set(placed.map((p) => p.path[0]!))].sort((a, b) => a - b);
  return Buffer.concat(
    numbers.flatMap((number) => {
      const own = placed.filter((p) => p.path[0] === number);
      const inner = own.filter((p) => p.path.length > 1).map((p) => ({ ...p, path: p.path.slice(1) }));
      return [...own.filter((p) => p.path.length === 1).map((p) => p.bytes), ...(inner.length > 0 ? [delimited(number, nest(inner))] : [])];
    }),
  );
}

export function varint(value: bigint | number): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

function encodeField(number: number, field: FieldDef, value: unknown): Buffer {
  if (field.map) {
    const { map } = field;
    const entry = (key: string, member: unknown): Buffer =>
      delimited(number, Buffer.concat([delimited(1, Buffer.from(key)), encodeValue(2, map, member)]));
    return Buffer.concat(Object.entries(value as Values).map(([key, member]) => entry(key, member)));
  }
  if (field.list && field.wrap !== 1) {
    const element = field.wire ? { ...field.list, wire: field.wire } : field.list;
    return Buffer.concat((value as unknown[]).map((item) => encodeValue(number, element, item)));
  }
  return encodeValue(number, field, value);
}

function encodeValue(number: number, node: TypeNode, value: unknown): Buffer {
  if (node.list) {
    const { list } = node;
    return delimited(number, Buffer.concat((value as unknown[]).map((item) => encodeValue(1, list, item))));
  }
  if (node.ref !== undefined) return delimited(number, encodeMessage(node.ref, value));
  if (node.wire === 'varint')
    return Buffer.concat([varint(number * 8), varint(typeof value === 'boolean' ? Number(value) : (value as number))]);
  if (node.wire === 'fixed64') {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value as number);
    return Buffer.concat([varint(number * 8 + 1), bytes]);
  }
  return delimited(number, Buffer.from(value as string, node.format === 'byte' ? 'base64' : 'utf8'));
}

function delimited(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function customFields(form: string, value: unknown): Values {
  switch (form) {
    case 'quantity':
      return { string: value };
    case 'intOrString':
      return typeof value === 'number' ? { type: 0, intVal: value, strVal: '' } : { type: 1, intVal: 0, strVal: value };
    case 'time':
    case 'microTime':
      return timeFields(value as string);
    case 'duration':
      return { duration: Number(parseDuration(value as string)) };
    case 'rawJSON': {
      const raw = Buffer.from(JSON.stringify(value)).toString('base64');
      return { raw, Raw: raw };
    }
    case 'schemaOrBool':
      return isRecord(value) ? { allows: true, schema: value } : { allows: value };
    case 'schemaOrArray':
      return isRecord(value) ? { schema: value } : { jSONSchemas: value };
    default:
      return isRecord(value) ? { schema: value } : { property: value };
  }
}

function timeFields(text: string): Values {
  const nanos = /\.(\d+)Z$/.exec(text)?.[1] ?? '0';
  return { seconds: Math.floor(Date.parse(text) / 1000), nanos: Number(nanos.padEnd(9, '0')) };
}

/** A random object of the type; members become rare with depth. */
export function randomObject(typeName: string, random: Random, depth = 0): unknown {
  const { custom, fields = {} } = typeDef(typeName);
  if (custom) return randomCustom(custom, random);
  const object: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (field.proto !== undefined && random.next() < 0.6 / (1 + depth)) object[name] = randomValue(field, random, depth);
  }
  return object;
}

function randomValue(node: TypeNode, random: Random, depth: number): unknown {
  const { list, map, ref } = node;
  if (list) return Array.from({ length: 1 + random.int(2) }, () => randomValue(list, random, depth + 1));
  if (map) return { [`k${random.int(9)}`]: randomValue(map, random, depth + 1), z: randomValue(map, random, depth + 1) };
  if (ref !== undefined) return randomObject(ref, random, depth + 1);
  switch (node.t) {
    case 'boolean':
      return true;
    case 'integer':
      return random.int(2) === 0
        ? -1 - random.int(0x7fff_ffff)
        : 1 + random.int(node.format === 'int32' ? 0x7fff_ffff : Number.MAX_SAFE_INTEGER);
    case 'number':
      return 0.5 + random.int(100);
    default:
      return node.format === 'byte' ? Buffer.from(random.bytes(1 + random.int(5))).toString('base64') : `téxt-${random.int(1000)}`;
  }
}

function randomCustom(form: string, random: Random): unknown {
  const n = 1 + random.int(999);
  const values: Readonly<Record<string, unknown>> = {
    quantity: `${n}Mi`,
    intOrString: n % 2 === 0 ? n : `${n}%`,
    time: `2024-01-02T03:04:${String(n % 60).padStart(2, '0')}Z`,
    microTime: `2024-01-02T03:04:05.${String(n).padStart(6, '0')}Z`,
    duration: `${n % 60 || 1}s`,
    rawJSON: { a: [n, null, { b: 'c' }] },
    schemaOrArray: n % 2 === 0 ? { type: 'string' } : [{ type: 'string' }],
    schemaOrBool: n % 2 === 0 ? { type: 'string' } : true,
    schemaOrStringArray: n % 2 === 0 ? { type: 'string' } : ['a'],
  };
  return values[form];
}
