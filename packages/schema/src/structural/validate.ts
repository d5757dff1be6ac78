// Validation of a value by a structural schema, with kube-openapi's words.
import type { FieldError } from '../field-error.ts';
import type { RuleContext, SchemaNode } from './node.ts';
import { deepEqual, isRecord } from '../deep.ts';
import { childPath, duplicate, invalidValue, required, typeInvalid } from '../field-error.ts';
import { hasType, jsonTypeOf } from './node.ts';

/** All errors of a value; a member whose value did not change since `old` is not held against the writer. */
export function validateNode(node: SchemaNode, value: unknown, path: string, old?: unknown): readonly FieldError[] {
  const errors: FieldError[] = [];
  walk(node, value, path, { errors, ratchet: false }, undefined);
  if (errors.length > 0 && old !== undefined) {
    errors.length = 0;
    walk(node, value, path, { errors, ratchet: true }, old);
  }
  if (errors.length === 0) walkRules(node, value, path, errors, old, { unchanged: () => false, budget: { left: RULES_BUDGET } });
  return errors;
}

/**
 * What all rules of one object may cost. Upstream allows ten times as much; here an object's rules run between the requests of
 * others, which must not wait.
 */
const RULES_BUDGET = 1_000_000;

interface Walk {
  readonly errors: FieldError[];
  /** Whether unchanged values pass. */
  readonly ratchet: boolean;
}

function walk(node: SchemaNode, value: unknown, path: string, state: Walk, old: unknown): void {
  if (state.ratchet && old !== undefined && deepEqual(value, old)) return;
  if (value === null && node.nullable) return;
  if (!hasType(node.types, value)) {
    const actual = jsonTypeOf(value);
    state.errors.push(typeInvalid(path, actual, `${path} in body must be of type ${node.types.join(',')}: ${JSON.stringify(actual)}`));
    return;
  }
  for (const check of node.checks) {
    const error = check(value, path);
    if (error) state.errors.push(error);
  }
  if (Array.isArray(value)) walkList(node, value, path, state, old);
  else if (isRecord(value)) walkRecord(node, value, path, state, old);
  walkJunctors(node, value, path, state);
}

function walkRecord(node: SchemaNode, value: Readonly<Record<string, unknown>>, path: string, state: Walk, old: unknown): void {
  for (const key of node.required) if (value[key] === undefined) state.errors.push(required(childPath(path, key)));
  if (node.embedded) checkEmbedded(value, path, state.errors);
  for (const key of Object.keys(value)) {
    const member = value[key];
    const schema = node.properties.get(key) ?? node.additional;
    if (member === undefined || schema === undefined || schema === true) continue;
    walk(schema, member, childPath(path, key), state, isRecord(old) ? old[key] : undefined);
  }
}

function checkEmbedded(value: Readonly<Record<string, unknown>>, path: string, errors: FieldError[]): void {
  for (const key of ['apiVersion', 'kind']) {
    const text = value[key];
    if (typeof text !== 'string' || text === '') errors.push(required(childPath(path, key), 'must not be empty'));
  }
}

function walkList(node: SchemaNode, value: readonly unknown[], path: string, state: Walk, old: unknown): void {
  if (node.listType === 'set' || node.listType === 'map') checkUnique(node, value, path, state.errors);
  const { items } = node;
  if (!items) return;
  value.forEach((item, i) => walk(items, item, `${path}[${i}]`, state, correlated(node, item, old)));
}

/** The element of the old list that an element continues: by key for map lists, none for others. */
function correlated(node: SchemaNode, item: unknown, old: unknown): unknown {
  if (node.listType !== 'map' || !Array.isArray(old) || !isRecord(item)) return undefined;
  return old.find((before: unknown) => isRecord(before) && node.mapKeys.every((key) => deepEqual(before[key], item[key]))) as unknown;
}

function checkUnique(node: SchemaNode, value: readonly unknown[], path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  value.forEach((item, i) => {
    const identity = node.listType === 'map' && isRecord(item) ? Object.fromEntries(node.mapKeys.map((key) => [key, item[key]])) : item;
    const text = stableText(identity);
    if (seen.has(text)) errors.push(duplicate(`${path}[${i}]`, identity));
    seen.add(text);
  });
}

/** JSON with sorted keys, so that equal values have equal text. */
function stableText(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isRecord(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}

function walkJunctors(node: SchemaNode, value: unknown, path: string, state: Walk): void {
  for (const schema of node.allOf) walk(schema, value, path, state, undefined);
  if (node.anyOf.length > 0 && !node.anyOf.some((schema) => errorsOf(schema, value, path).length === 0)) {
    state.errors.push(...closest(node.anyOf, value, path), junctorError(path, 'must validate at least one schema (anyOf)'));
  }
  if (node.oneOf.length > 0) {
    const valid = node.oneOf.filter((schema) => errorsOf(schema, value, path).length === 0).length;
    const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
    if (valid !== 1)
      state.errors.push(
        ...(valid === 0 ? closest(node.oneOf, value, path) : []),
        junctorError(path, `must validate one and only one schema (oneOf). ${found}`),
      );
  }
  if (node.not && errorsOf(node.not, value, path).length === 0) state.errors.push(junctorError(path, 'must not validate the schema (not)'));
}

function errorsOf(schema: SchemaNode, value: unknown, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  walk(schema, value, path, { errors, ratchet: false }, undefined);
  return errors;
}

/** The errors of the alternative that fails least. */
function closest(schemas: readonly SchemaNode[], value: unknown, path: string): readonly FieldError[] {
  const all = schemas.map((schema) => errorsOf(schema, value, path));
  return all.reduce((best, errors) => (errors.length < best.length ? errors : best), all[0] ?? []);
}

/** Upstream gives these no field of their own. */
function junctorError(path: string, words: string): FieldError {
  return invalidValue('', '', `${JSON.stringify(path)} ${words}`);
}

function walkRules(node: SchemaNode, value: unknown, path: string, errors: FieldError[], old: unknown, context: RuleContext): void {
  if (node.rules && value !== null) errors.push(...node.rules.validate(value, old, path, context));
  // What has no counterpart of its own is as unchanged as what it lies in.
  const inner = old === undefined ? context : { ...context, unchanged: () => deepEqual(value, old) };
  if (Array.isArray(value)) {
    const { items } = node;
    if (items?.hasRules) value.forEach((item, i) => walkRules(items, item, `${path}[${i}]`, errors, correlated(node, item, old), inner));
  } else if (isRecord(value)) {
    for (const key of Object.keys(value)) {
      const schema = node.properties.get(key) ?? node.additional;
      if (schema === undefined || schema === true || value[key] === undefined || !schema.hasRules) continue;
      const before = isRecord(old) && Object.hasOwn(old, key) ? old[key] : undefined;
      walkRules(schema, value[key], childPath(path, key), errors, before, inner);
    }
  }
}
