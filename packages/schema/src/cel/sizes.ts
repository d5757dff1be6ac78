// How large values of a schema can be: what is not bounded by the schema is bounded by the size of a request (upstream's
// apiserver/pkg/cel/common/schemas.go).
import type { JSONSchemaProps } from '../generated/types.ts';

/** 3 MiB. */
const REQUEST_BYTES = 3 * 1024 * 1024;
/** Bytes that one character may take. */
const CHARACTER_BYTES = 4;
/** Least bytes of a value of a type, as JSON. */
const LEAST: Readonly<Record<string, number>> = { string: 2, boolean: 4, integer: 1, number: 1, array: 2, object: 2 };
const FORMATTED: Readonly<Record<string, number>> = { duration: 32, date: 12, 'date-time': 35 };

/** The most characters, elements or members of a value. */
export function mostOf(schema: JSONSchemaProps): number {
  switch (schema.type) {
    case 'array':
      return schema.maxItems ?? Math.floor((REQUEST_BYTES - 2) / (leastBytes(itemsOf(schema)) + 1));
    case 'object':
      // What has fields of its own is walked by none of its operations.
      if (!valuesOf(schema)) return 1;
      return schema.maxProperties ?? Math.floor((REQUEST_BYTES - 2) / (leastBytes(valuesOf(schema)) + 6));
    case 'string':
      return mostCharacters(schema);
    default:
      return 1;
  }
}

/** How often a value of the schema fits into one request. */
export function mostTimes(schema: JSONSchemaProps): number {
  return Math.floor(REQUEST_BYTES / (leastBytes(schema) + 1));
}

export function itemsOf({ items }: JSONSchemaProps): JSONSchemaProps | undefined {
  return items && !Array.isArray(items) ? (items as JSONSchemaProps) : undefined;
}

export function valuesOf({ additionalProperties }: JSONSchemaProps): JSONSchemaProps | undefined {
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

function mostCharacters({ maxLength, format = '', enum: allowed }: JSONSchemaProps): number {
  if (Object.hasOwn(FORMATTED, format)) return FORMATTED[format] ?? 0;
  if (maxLength !== undefined) return Math.max(0, maxLength) * (format === 'byte' ? 1 : CHARACTER_BYTES);
  if (allowed && allowed.length > 0) return Math.max(...allowed.map((value) => (typeof value === 'string' ? value.length : 0)));
  return REQUEST_BYTES - 2;
}

function leastBytes(schema: JSONSchemaProps | undefined): number {
  const least = schema?.type === undefined ? undefined : LEAST[schema.type];
  if (schema === undefined || least === undefined || schema.nullable === true) return 1;
  const required = schema.type === 'object' ? (schema.required ?? []) : [];
  return required.reduce((sum, name) => {
    const property = schema.properties?.[name];
    return property && property.default === undefined ? sum + name.length + 4 + leastBytes(property) : sum;
  }, least);
}
