// Checks of single values, compiled from a schema node; messages are those of kube-openapi's validator.
import type { JSONSchemaProps } from '../generated/types.ts';
import type { Check } from './node.ts';
import { RE2JS } from 're2js';
import { deepEqual, isRecord } from '../deep.ts';
import { once } from '../memoize.ts';
import { invalidValue, notSupported, tooLong, tooMany, typeInvalid } from '../field-error.ts';
import { FORMATS, INTEGER_FORMATS } from './formats.ts';

/** The checks that a node states. The pattern must be valid; see checkStructure. */
export function compileChecks(schema: JSONSchemaProps): readonly Check[] {
  return [...enumCheck(schema), ...numberChecks(schema), ...stringChecks(schema), ...listChecks(schema), ...objectChecks(schema)];
}

/** Compiles a pattern; re2 runs in linear time whatever the pattern is. Throws for an invalid one. */
export function compilePattern(pattern: string): RE2JS {
  return RE2JS.compile(pattern);
}

function* enumCheck({ enum: allowed, nullable }: JSONSchemaProps): Generator<Check> {
  if (!allowed || allowed.length === 0) return;
  const supported = allowed.map((v) => (typeof v === 'string' ? v : JSON.stringify(v)));
  yield (value, path) =>
    allowed.some((v) => deepEqual(v, value)) || (value === null && nullable === true) ? undefined : notSupported(path, value, supported);
}

function* numberChecks({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, format }: JSONSchemaProps): Generator<Check> {
  const check = (ok: (n: number) => boolean, words: string): Check =>
    number((value, path) => (ok(value) ? undefined : invalidValue(path, value, `${path} in body ${words}`)));
  if (typeof minimum === 'number') {
    if (exclusiveMinimum) yield check((n) => n > minimum, `should be greater than ${minimum}`);
    else yield check((n) => n >= minimum, `should be greater than or equal to ${minimum}`);
  }
  if (typeof maximum === 'number') {
    if (exclusiveMaximum) yield check((n) => n < maximum, `should be less than ${maximum}`);
    else yield check((n) => n <= maximum, `should be less than or equal to ${maximum}`);
  }
  if (typeof multipleOf === 'number') yield check((n) => isMultiple(n, multipleOf), `should be a multiple of ${multipleOf}`);
  const range = format !== undefined && Object.hasOwn(INTEGER_FORMATS, format) ? INTEGER_FORMATS[format] : undefined;
  if (range)
    yield number((value, path) =>
      value >= range[0] && value <= range[1]
        ? undefined
        : typeInvalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(String(value))}`),
    );
}

function* stringChecks({ minLength, maxLength, pattern, format }: JSONSchemaProps): Generator<Check> {
  if (typeof minLength === 'number') {
    yield text((value, path) =>
      codePoints(value) >= minLength ? undefined : invalidValue(path, value, `${path} in body should be at least ${minLength} chars long`),
    );
  }
  if (typeof maxLength === 'number')
    yield text((value, path) => (codePoints(value) <= maxLength ? undefined : tooLong(path, value, maxLength)));
  if (pattern) {
    // Made for the first value: a definition of thousands of patterns, checked by checkStructure, is served at once.
    const regex = once(() => compilePattern(pattern));
    yield text((value, path) =>
      regex().matcher(value).find() ? undefined : invalidValue(path, value, `${path} in body should match '${pattern}'`),
    );
  }
  const isValid = format !== undefined && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (isValid)
    yield text((value, path) =>
      isValid(value) ? undefined : typeInvalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`),
    );
}

function* listChecks({ minItems, maxItems }: JSONSchemaProps): Generator<Check> {
  if (typeof minItems === 'number') {
    yield list((value, path) =>
      value.length >= minItems ? undefined : invalidValue(path, value, `${path} in body should have at least ${minItems} items`),
    );
  }
  if (typeof maxItems === 'number')
    yield list((value, path) => (value.length <= maxItems ? undefined : tooMany(path, value.length, maxItems)));
}

function* objectChecks({ minProperties, maxProperties }: JSONSchemaProps): Generator<Check> {
  if (typeof minProperties === 'number') {
    yield object((value, path) =>
      Object.keys(value).length >= minProperties
        ? undefined
        : invalidValue(path, value, `${path} in body should have at least ${minProperties} properties`),
    );
  }
  if (typeof maxProperties === 'number') {
    yield object((value, path) =>
      Object.keys(value).length <= maxProperties ? undefined : tooMany(path, Object.keys(value).length, maxProperties),
    );
  }
}

type CheckOf<T> = (value: T, path: string) => ReturnType<Check>;
const number =
  (check: CheckOf<number>): Check =>
  (value, path) =>
    typeof value === 'number' ? check(value, path) : undefined;
const text =
  (check: CheckOf<string>): Check =>
  (value, path) =>
    typeof value === 'string' ? check(value, path) : undefined;
const list =
  (check: CheckOf<readonly unknown[]>): Check =>
  (value, path) =>
    Array.isArray(value) ? check(value, path) : undefined;
const object =
  (check: CheckOf<object>): Check =>
  (value, path) =>
    isRecord(value) ? check(value, path) : undefined;

function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count++;
  return count;
}

function isMultiple(value: number, of: number): boolean {
  const quotient = value / of;
  return Number.isInteger(quotient) || Math.abs(quotient - Math.round(quotient)) < 1e-9;
}
