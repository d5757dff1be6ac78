// What server-side apply needs to know of a type: where ownership ends (scalars, atomic lists and maps) and how the
// elements of lists are told apart. Made from the type table for built-in kinds, from the schema for custom resources.
import { memoize } from '../memoize.ts';
import type { SchemaNode } from '../structural/node.ts';
import { type FieldDef, typeDef, type TypeNode } from '../type-table.ts';

/** JSON type that a leaf must have. */
export type LeafForm = 'string' | 'numeric' | 'boolean' | 'list' | 'map' | 'untyped';

/** How values of a type merge. */
export type MergeType =
  /** Owned as a whole. */
  | { readonly kind: 'leaf'; readonly form: LeafForm }
  /** A struct or map: each member is owned by itself. */
  | {
      readonly kind: 'map';
      /** The type of a member; undefined when the type has no such member. */
      readonly member: (name: string) => MergeType | undefined;
      /** Whether it is a field of a struct, as opposed to a key of a map. */
      readonly isField: (name: string) => boolean;
    }
  /** A list of scalars, each once. */
  | { readonly kind: 'set' }
  /** A list of objects that are told apart by key fields. */
  | {
      readonly kind: 'list';
      readonly keys: readonly string[];
      readonly keyDefaults: Readonly<Record<string, unknown>>;
      readonly element: MergeType;
    }
  /** No type is known: maps merge, anything else is a leaf. */
  | { readonly kind: 'deduced' };

const UNTYPED: MergeType = { kind: 'leaf', form: 'untyped' };
const ATOMIC_LIST: MergeType = { kind: 'leaf', form: 'list' };
const ATOMIC_MAP: MergeType = { kind: 'leaf', form: 'map' };
const STRING: MergeType = { kind: 'leaf', form: 'string' };
const SET: MergeType = { kind: 'set' };
export const DEDUCED: MergeType = { kind: 'deduced' };

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
/** Text forms are not checked here: decoding does that. */
const TEXT_FORMS = new Set(['quantity', 'intOrString', 'time', 'microTime', 'duration']);

/** The merge type of a type in the table. */
export const mergeTypeOf: (typeName: string) => MergeType = memoize((typeName: string): MergeType => {
  const { custom, fields = {}, mapType } = typeDef(typeName);
  if (custom) return TEXT_FORMS.has(custom) ? UNTYPED : DEDUCED;
  if (mapType === 'atomic') return ATOMIC_MAP;
  return structOf(new Map(Object.entries(fields)), ofField);
});

/** The merge type of a custom resource's version. */
export function mergeTypeOfSchema(root: SchemaNode): MergeType {
  return ofSchema({ ...root, embedded: true, types: ['object'] });
}

/** Fields are looked up once: types refer to each other in circles. */
function structOf<T>(fields: ReadonlyMap<string, T>, typeOf: (field: T) => MergeType, others?: MergeType): MergeType {
  const known = new Map<string, MergeType>();
  return {
    kind: 'map',
    isField: (name) => fields.has(name),
    member: (name) => {
      const found = known.get(name);
      if (found) return found;
      const field = fields.get(name);
      if (field === undefined) return others;
      const made = typeOf(field);
      known.set(name, made);
      return made;
    },
  };
}

function ofField(field: FieldDef): MergeType {
  if (field.list) return ofList(field, field.list);
  if (field.mapType === 'atomic') return ATOMIC_MAP;
  return ofNode(field);
}

function ofList({ listType, mapKeys = [] }: FieldDef, element: TypeNode): MergeType {
  if (listType === 'set') return SET;
  if (listType !== 'map') return ATOMIC_LIST;
  const fields = element.ref === undefined ? {} : (typeDef(element.ref).fields ?? {});
  const stated = mapKeys.filter((key) => fields[key]?.default !== undefined);
  return {
    kind: 'list',
    keys: mapKeys,
    keyDefaults: Object.fromEntries(stated.map((key) => [key, fields[key]?.default])),
    element: ofNode(element),
  };
}

function ofNode(node: TypeNode): MergeType {
  if (node.ref !== undefined) return mergeTypeOf(node.ref);
  if (node.list) return ATOMIC_LIST;
  if (node.map) return structOf(new Map<string, never>(), () => DEDUCED, ofNode(node.map));
  switch (node.t) {
    case 'string':
      return STRING;
    case 'integer':
    case 'number':
      return { kind: 'leaf', form: 'numeric' };
    case 'boolean':
      return { kind: 'leaf', form: 'boolean' };
    default:
      return DEDUCED;
  }
}

function ofSchema(node: SchemaNode): MergeType {
  if (node.types.length !== 1) return node.types.length === 0 ? DEDUCED : UNTYPED;
  switch (node.types[0]) {
    case 'string':
      return STRING;
    case 'integer':
    case 'number':
      return { kind: 'leaf', form: 'numeric' };
    case 'boolean':
      return { kind: 'leaf', form: 'boolean' };
    case 'array':
      return ofSchemaList(node);
    default:
      return node.mapType === 'atomic' ? ATOMIC_MAP : ofSchemaObject(node);
  }
}

function ofSchemaList({ items, listType, mapKeys }: SchemaNode): MergeType {
  if (!items || listType === undefined || listType === 'atomic') return ATOMIC_LIST;
  if (listType === 'set') return SET;
  const defaults = mapKeys.flatMap((key) => {
    const stated = items.properties.get(key)?.default;
    return stated ? [[key, stated.value] as const] : [];
  });
  return { kind: 'list', keys: mapKeys, keyDefaults: Object.fromEntries(defaults), element: ofSchema(items) };
}

function ofSchemaObject({ properties, additional, preserve, embedded }: SchemaNode): MergeType {
  const others = additional === true || preserve ? DEDUCED : additional && ofSchema(additional);
  if (!embedded) return structOf(properties, ofSchema, others);
  const meta: readonly (readonly [string, MergeType])[] = [
    ['apiVersion', STRING],
    ['kind', STRING],
    ['metadata', mergeTypeOf(OBJECT_META)],
  ];
  const fields = new Map<string, SchemaNode | MergeType>([...properties, ...meta]);
  return structOf(fields, (field) => ('kind' in field ? field : ofSchema(field)), others);
}
