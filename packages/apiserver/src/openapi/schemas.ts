// Component schemas of OpenAPI v3, from the type table: what kubectl explains and by what it computes strategic patches.
import { type FieldDef, type GroupVersionKindName, typeDef, type TypeDef, type TypeNode } from '@holdfast/schema';
import { descriptionOf, fieldDescriptionOf } from './descriptions/index.ts';

export type Schema = Readonly<Record<string, unknown>>;

const REF = '#/components/schemas/';

/** A reference to the schema of a type. */
export function refTo(typeName: string): Schema {
  return { $ref: REF + typeName };
}

/** Schemas of these types and of all that they refer to, by name. */
export function schemasOf(typeNames: readonly string[]): Readonly<Record<string, Schema>> {
  const schemas: Record<string, Schema> = {};
  const waiting = [...typeNames];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (Object.hasOwn(schemas, name)) continue;
    const def = typeDef(name);
    schemas[name] = schemaOf(name, def);
    for (const field of Object.values(def.fields ?? {})) waiting.push(...refsOf(field));
  }
  return Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function refsOf({ ref, list, map }: TypeNode): readonly string[] {
  return [...(ref === undefined ? [] : [ref]), ...(list ? refsOf(list) : []), ...(map ? refsOf(map) : [])];
}

function schemaOf(name: string, def: TypeDef): Schema {
  const { custom, fields, required, mapType, gvk } = def;
  const description = descriptionOf(name);
  const head = {
    ...(description === undefined ? {} : { description }),
    ...(gvk ? { 'x-kubernetes-group-version-kind': gvk } : {}),
  };
  if (custom) return { ...head, ...customForm(def) };
  return {
    ...head,
    type: 'object',
    ...(fields
      ? { properties: Object.fromEntries(Object.entries(fields).map(([field, node]) => [field, property(name, field, node)])) }
      : {}),
    ...(required?.length ? { required } : {}),
    ...(mapType ? { 'x-kubernetes-map-type': mapType } : {}),
  };
}

/** Types with a JSON form of their own. */
function customForm({ custom, t, format, preserveUnknown }: TypeDef): Schema {
  switch (custom) {
    case 'quantity':
      return { oneOf: [{ type: 'string' }, { type: 'number' }] };
    case 'intOrString':
      return { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] };
    case 'time':
    case 'microTime':
      return { type: 'string', format: 'date-time' };
    case 'duration':
      return { type: 'string' };
    default:
      return {
        ...(t ? { type: t } : {}),
        ...(format ? { format } : {}),
        ...(preserveUnknown && t ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
      };
  }
}

function property(typeName: string, field: string, def: FieldDef): Schema {
  const description = fieldDescriptionOf(typeName, field);
  return {
    ...(description === undefined ? {} : { description }),
    ...shape(def),
    ...stated(defaultOf(def), 'default'),
    ...stated(def.listType, 'x-kubernetes-list-type'),
    ...stated(def.mapKeys, 'x-kubernetes-list-map-keys'),
    ...stated(def.mapType, 'x-kubernetes-map-type'),
    ...stated(def.patchStrategy, 'x-kubernetes-patch-strategy'),
    ...stated(def.patchMergeKey, 'x-kubernetes-patch-merge-key'),
  };
}

function shape(node: TypeNode): Schema {
  // Siblings of a $ref do not count: with any, the reference has to stand in an allOf.
  return node.ref === undefined ? nodeSchema(node) : { allOf: [refTo(node.ref)] };
}

function nodeSchema({ ref, list, map, t, format, enum: values }: TypeNode): Schema {
  if (ref !== undefined) return refTo(ref);
  if (list) return { type: 'array', items: nodeSchema(list) };
  if (map) return { type: 'object', additionalProperties: nodeSchema(map) };
  if (t === undefined || t === 'any') return {};
  return { type: t, ...(format ? { format } : {}), ...(values ? { enum: values } : {}) };
}

/** Fields that are always there have a zero default, unless they state another. */
function defaultOf(def: FieldDef): unknown {
  if (def.default !== undefined || def.ptr || def.list || def.map) return def.default;
  if (def.ref !== undefined) return typeDef(def.ref).custom ? undefined : {};
  if (def.omitempty || def.format === 'byte') return undefined;
  const zeros: Readonly<Record<string, unknown>> = { string: '', integer: 0, number: 0, boolean: false };
  return def.t === undefined ? undefined : zeros[def.t];
}

function stated(value: unknown, name: string): Schema {
  return value === undefined ? {} : { [name]: value };
}

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const LIST_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta';
/** The types that every custom resource refers to. */
export const CUSTOM_BASE = [OBJECT_META, LIST_META, 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'] as const;

/** 'io.ex.v1.Foo' for Foo of ex.io/v1. */
export function customTypeName({ group, version, kind }: GroupVersionKindName): string {
  return [...group.split('.').toReversed(), version, kind].join('.');
}

/** Schemas of a custom resource and its list. */
export function customSchemas(gvk: GroupVersionKindName, listKind: string, schema: Schema): Readonly<Record<string, Schema>> {
  const name = customTypeName(gvk);
  const list = { ...gvk, kind: listKind };
  const properties = typeof schema['properties'] === 'object' ? schema['properties'] : {};
  return {
    [name]: {
      ...schema,
      type: 'object',
      properties: { ...properties, ...headerFields(OBJECT_META) },
      'x-kubernetes-group-version-kind': [gvk],
    },
    [customTypeName(list)]: {
      description: `${listKind} is a list of ${gvk.kind}`,
      type: 'object',
      required: ['items'],
      properties: {
        ...headerFields(LIST_META),
        items: { description: `List of ${gvk.kind} objects.`, type: 'array', items: refTo(name) },
      },
      'x-kubernetes-group-version-kind': [list],
    },
  };
}

function headerFields(meta: string): Schema {
  const described = (field: string, schema: Schema): Schema => ({ description: fieldDescriptionOf('', field), ...schema });
  return {
    apiVersion: described('apiVersion', { type: 'string' }),
    kind: described('kind', { type: 'string' }),
    metadata: described('metadata', { allOf: [refTo(meta)] }),
  };
}
