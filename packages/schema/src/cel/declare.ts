// From a structural schema to CEL's types, and from JSON values to values of those types. Names of fields that are no
// identifiers are escaped as Kubernetes escapes them; fields that cannot be escaped are out of reach of rules.
import type { Environment } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import type { JSONSchemaProps } from '../generated/types.ts';
import { parseDuration } from '../decode/duration.ts';
import { isRecord } from '../deep.ts';
import { celEqual } from './equality.ts';

/** A type and how JSON values become values of it. */
export interface Declared {
  /** The type's name in signatures: 'int', 'list<string>', 'object3'. */
  readonly type: string;
  convert(value: unknown): unknown;
}

const DYN: Declared = { type: 'dyn', convert: celValue };
const IDENTIFIER = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const KEYWORDS = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

/** The name under which a rule reaches a field; undefined where it cannot. */
export function escapedName(name: string): string | undefined {
  if (KEYWORDS.has(name)) return `__${name}__`;
  const escaped = name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
  return IDENTIFIER.test(escaped) ? escaped : undefined;
}

/** Declares the type of a schema in the environment. `resource`: it has apiVersion, kind and metadata besides. */
export function declareType(env: Environment, schema: JSONSchemaProps, resource: boolean): Declared {
  let count = 0;
  const message = (fields: ReadonlyMap<string, Declared>): Declared => {
    const type = `object${++count}`;
    class Message extends Map<string, unknown> {}
    const named = [...fields].flatMap(([name, declared]) => {
      const escaped = escapedName(name);
      return escaped === undefined ? [] : [{ name, escaped, declared }];
    });
    env.registerType({
      name: type,
      ctor: Message,
      fields: Object.fromEntries(named.map(({ escaped, declared }) => [escaped, declared.type])),
    });
    env.registerOperator(`${type} == ${type}`, celEqual);
    return {
      type,
      convert: (value) => {
        const made = new Message();
        if (!isRecord(value)) return made;
        for (const { name, escaped, declared } of named) {
          const member = Object.hasOwn(value, name) ? value[name] : undefined;
          if (member !== undefined && (member !== null || declared.type === 'dyn')) made.set(escaped, declared.convert(member));
        }
        return made;
      },
    };
  };
  const declare = (node: JSONSchemaProps, isResource: boolean): Declared => {
    if (node.nullable || node['x-kubernetes-int-or-string']) return DYN;
    switch (node.type) {
      case 'object':
        return object(node, isResource || node['x-kubernetes-embedded-resource'] === true);
      case 'array': {
        const items = node.items && !Array.isArray(node.items) ? declare(node.items as JSONSchemaProps, false) : DYN;
        return {
          type: `list<${items.type}>`,
          convert: (value) => (Array.isArray(value) ? value.map((item) => items.convert(item)) : []),
        };
      }
      default:
        return scalar(node);
    }
  };
  const object = (node: JSONSchemaProps, isResource: boolean): Declared => {
    const { additionalProperties } = node;
    if (!isResource && typeof additionalProperties === 'object') {
      const values = declare(additionalProperties, false);
      return {
        type: `map<string, ${values.type}>`,
        convert: (value) => new Map(Object.entries(isRecord(value) ? value : {}).map(([key, member]) => [key, values.convert(member)])),
      };
    }
    if (!isResource && !node.properties) return DYN;
    const fields = new Map(Object.entries(node.properties ?? {}).map(([name, property]) => [name, declare(property, false)]));
    if (isResource) {
      const text: Declared = { type: 'string', convert: (value) => value };
      fields.set('apiVersion', text).set('kind', text);
      fields.set(
        'metadata',
        message(
          new Map([
            ['name', text],
            ['generateName', text],
          ]),
        ),
      );
    }
    return message(fields);
  };
  return declare(schema, resource);
}

function scalar({ type, format }: JSONSchemaProps): Declared {
  switch (type) {
    case 'integer':
      return { type: 'int', convert: (value) => (typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : 0n) };
    case 'number':
      return { type: 'double', convert: Number };
    case 'boolean':
      return { type: 'bool', convert: (value) => value === true };
    case 'string':
      break;
    default:
      return DYN;
  }
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  switch (format) {
    case 'byte':
      return { type: 'bytes', convert: (value) => new Uint8Array(Buffer.from(text(value), 'base64')) };
    case 'date':
    case 'date-time':
      return { type: 'google.protobuf.Timestamp', convert: (value) => new Date(text(value)) };
    case 'duration':
      return { type: 'google.protobuf.Duration', convert: (value) => durationOf(text(value)) };
    default:
      return { type: 'string', convert: text };
  }
}

function durationOf(value: string): Duration {
  const nanos = parseDuration(value) ?? 0n;
  return new Duration(nanos / 1_000_000_000n, Number(nanos % 1_000_000_000n));
}

/** A JSON value as CEL has it where nothing is declared: whole numbers are ints, objects are maps. */
export function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  return isRecord(value) ? new Map(Object.entries(value).map(([key, member]) => [key, celValue(member)])) : value;
}
