// Whether a schema is structural: every field typed, nothing that only a general JSON schema could mean.
import type { FieldError } from '../field-error.ts';
import type { JSONSchemaProps } from '../generated/types.ts';
import { childPath, forbiddenField, invalidValue, notSupported, required } from '../field-error.ts';
import { compilePattern } from './checks.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
/** Words of a general JSON schema that a custom resource's may not use. */
const UNSUPPORTED = ['additionalItems', 'definitions', 'dependencies', 'id', 'patternProperties', '$ref', '$schema'] as const;
/** What may only be said outside allOf, anyOf, oneOf and not. */
const OUTSIDE_JUNCTORS = [
  ['type', 'must be empty to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['default', 'must be undefined to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
] as const;

/** What keeps a schema from being structural; `path` is where the schema stands in its definition. */
export function checkStructure(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (!schema.type) errors.push(required(childPath(path, 'type'), 'must not be empty at the root'));
  else if (schema.type !== 'object') errors.push(invalidValue(childPath(path, 'type'), schema.type, 'must be object at the root'));
  if (schema.nullable) errors.push(forbiddenField(childPath(path, 'nullable'), 'nullable cannot be true at the root'));
  node(schema, path, errors);
  return errors;
}

function node(schema: JSONSchemaProps, path: string, errors: FieldError[]): void {
  if (schema.type && !TYPES.includes(schema.type)) errors.push(notSupported(childPath(path, 'type'), schema.type, TYPES));
  for (const word of UNSUPPORTED)
    if (schema[word] !== undefined) errors.push(forbiddenField(childPath(path, word), `${word} is not supported`));
  if (schema.uniqueItems)
    errors.push(
      forbiddenField(childPath(path, 'uniqueItems'), 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'),
    );
  if (schema.properties && schema.additionalProperties !== undefined) {
    errors.push(forbiddenField(childPath(path, 'additionalProperties'), 'additionalProperties and properties are mutual exclusive'));
  }
  if (schema.additionalProperties === false) {
    errors.push(forbiddenField(childPath(path, 'additionalProperties'), 'additionalProperties cannot be set to false'));
  }
  intOrString(schema, path, errors);
  extensions(schema, path, errors);
  pattern(schema, path, errors);
  children(schema, path, errors);
  for (const { schema: nested, path: at } of junctors(schema, path)) nestedNode(nested, schema, at, errors);
}

function children(schema: JSONSchemaProps, path: string, errors: FieldError[]): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const at = `${childPath(path, 'properties')}[${name}]`;
    typed(property, at, 'must not be empty for specified object fields', errors);
    node(property, at, errors);
  }
  const { additionalProperties, items } = schema;
  if (typeof additionalProperties === 'object') {
    typed(additionalProperties, childPath(path, 'additionalProperties'), 'must not be empty for specified object fields', errors);
    node(additionalProperties, childPath(path, 'additionalProperties'), errors);
  }
  if (Array.isArray(items)) errors.push(forbiddenField(childPath(path, 'items'), 'items must be a schema object and not an array'));
  else if (items) {
    const one = items as JSONSchemaProps;
    typed(one, childPath(path, 'items'), 'must not be empty for specified array items', errors);
    node(one, childPath(path, 'items'), errors);
  } else if (schema.type === 'array') errors.push(required(childPath(path, 'items'), 'must be specified'));
}

function typed(schema: JSONSchemaProps, path: string, words: string, errors: FieldError[]): void {
  if (schema.type || schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields']) return;
  errors.push(required(childPath(path, 'type'), words));
}

function intOrString(schema: JSONSchemaProps, path: string, errors: FieldError[]): void {
  if (!schema['x-kubernetes-int-or-string']) return;
  for (const extension of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const)
    if (schema[extension])
      errors.push(invalidValue(childPath(path, extension), true, 'must be false if x-kubernetes-int-or-string is true'));
}

function extensions(schema: JSONSchemaProps, path: string, errors: FieldError[]): void {
  const embedded = childPath(path, 'x-kubernetes-embedded-resource');
  if (schema['x-kubernetes-embedded-resource']) {
    if (schema.type !== 'object')
      errors.push(invalidValue(childPath(path, 'type'), schema.type ?? '', 'must be object if x-kubernetes-embedded-resource is true'));
    if (!schema.properties && !schema['x-kubernetes-preserve-unknown-fields'])
      errors.push(
        required(childPath(path, 'properties'), `must not be empty if ${embedded} is true without x-kubernetes-preserve-unknown-fields`),
      );
  }
  const listType = schema['x-kubernetes-list-type'];
  if (listType && schema.type !== 'array')
    errors.push(invalidValue(childPath(path, 'type'), schema.type ?? '', 'must be array if x-kubernetes-list-type is specified'));
  if (listType && !['atomic', 'set', 'map'].includes(listType))
    errors.push(notSupported(childPath(path, 'x-kubernetes-list-type'), listType, ['atomic', 'map', 'set']));
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (listType === 'map') mapKeys(schema, keys, path, errors);
  else if (keys.length > 0)
    errors.push(
      invalidValue(childPath(path, 'x-kubernetes-list-type'), listType ?? '', 'must be map if x-kubernetes-list-map-keys is non-empty'),
    );
}

function mapKeys(schema: JSONSchemaProps, keys: readonly string[], path: string, errors: FieldError[]): void {
  if (keys.length === 0)
    errors.push(required(childPath(path, 'x-kubernetes-list-map-keys'), 'must not be empty if x-kubernetes-list-type is map'));
  const items = schema.items && !Array.isArray(schema.items) ? (schema.items as JSONSchemaProps) : undefined;
  keys.forEach((key, i) => {
    const property = items?.properties?.[key];
    const at = `${childPath(path, 'x-kubernetes-list-map-keys')}[${i}]`;
    if (!property) errors.push(invalidValue(at, key, 'entries must all be names of item properties'));
    else if (property.default === undefined && !items?.required?.includes(key)) {
      errors.push(
        required(
          `${childPath(path, 'items')}.properties[${key}].default`,
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      );
    }
  });
}

function pattern(schema: JSONSchemaProps, path: string, errors: FieldError[]): void {
  if (!schema.pattern) return;
  try {
    compilePattern(schema.pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    errors.push(invalidValue(childPath(path, 'pattern'), schema.pattern, `must be a valid regular expression, but isn't: ${reason}`));
  }
}

/** A schema below a junctor: it may narrow values of fields that the structure names, and no more. */
function nestedNode(nested: JSONSchemaProps, structure: JSONSchemaProps | undefined, path: string, errors: FieldError[]): void {
  const typeAllowed = structure?.['x-kubernetes-int-or-string'] === true;
  for (const [word, words] of OUTSIDE_JUNCTORS) {
    const value = nested[word];
    if (value !== undefined && value !== false && value !== '' && !(word === 'type' && typeAllowed))
      errors.push(forbiddenField(childPath(path, word), words));
  }
  pattern(nested, path, errors);
  for (const [name, property] of Object.entries(nested.properties ?? {})) {
    const at = `${childPath(path, 'properties')}[${name}]`;
    const counterpart = structure?.properties?.[name];
    if (structure && !counterpart) errors.push(required(`properties[${name}]`, `because it is defined in ${at}`));
    nestedNode(property, counterpart, at, errors);
  }
  const items = Array.isArray(nested.items) ? undefined : (nested.items as JSONSchemaProps | undefined);
  const structureItems = Array.isArray(structure?.items) ? undefined : (structure?.items as JSONSchemaProps | undefined);
  if (items) nestedNode(items, structureItems, childPath(path, 'items'), errors);
  for (const { schema, path: at } of junctors(nested, path)) nestedNode(schema, structure, at, errors);
}

function junctors(schema: JSONSchemaProps, path: string): readonly { readonly schema: JSONSchemaProps; readonly path: string }[] {
  const lists = (['allOf', 'anyOf', 'oneOf'] as const).flatMap((word) =>
    (schema[word] ?? []).map((nested, i) => ({ schema: nested, path: `${childPath(path, word)}[${i}]` })),
  );
  return schema.not ? [...lists, { schema: schema.not, path: childPath(path, 'not') }] : lists;
}
