// The API of Kubernetes 1.32 as data: types with their fields, served resources, columns, selectors and defaults.
import { TABLE_JSON } from './generated/table.ts';
import { once } from './memoize.ts';

/** A value's type: a scalar, another type, a list or a map. */
export interface TypeNode {
  readonly t?: 'string' | 'integer' | 'number' | 'boolean' | 'any' | 'object';
  readonly format?: string;
  /** Name of another type. */
  readonly ref?: string;
  readonly list?: TypeNode;
  readonly map?: TypeNode;
  /** 'ResourceList' for maps of quantities. */
  readonly alias?: string;
  readonly enum?: readonly (string | number)[];
  /** Kind of protobuf value where it is not length-delimited. */
  readonly wire?: 'varint' | 'fixed64';
  /** In protobuf this list is a message with the elements in field 1. */
  readonly wrap?: 1;
}

/** A field of a type; see the table's README for the meaning of each member. */
export interface FieldDef extends TypeNode {
  /** Field number; a path of numbers where embedded types are messages of their own inside this one. */
  readonly proto?: number | readonly number[];
  readonly ptr?: boolean;
  readonly omitempty?: boolean;
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly mapKeys?: readonly string[];
  readonly mapType?: 'atomic' | 'granular';
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly default?: unknown;
  readonly gate?: string | readonly string[];
}

/** How a type with a JSON form of its own reads. */
export type CustomForm =
  | 'quantity'
  | 'intOrString'
  | 'time'
  | 'microTime'
  | 'duration'
  | 'rawJSON'
  | 'schemaOrArray'
  | 'schemaOrBool'
  | 'schemaOrStringArray'
  | 'envelope';

/** Group, version and kind. */
export interface GroupVersionKindName {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A type of the API. */
export interface TypeDef {
  readonly gvk?: readonly GroupVersionKindName[];
  readonly anyGroup?: boolean;
  readonly noProto?: boolean;
  readonly required?: readonly string[];
  readonly mapType?: 'atomic' | 'granular';
  readonly unions?: readonly unknown[];
  readonly inline?: readonly { readonly ref: string; readonly name: string; readonly proto?: number }[];
  readonly fields?: Readonly<Record<string, FieldDef>>;
  readonly custom?: CustomForm;
  readonly wireFields?: Readonly<Record<string, FieldDef>>;
  readonly t?: string;
  readonly format?: string;
  readonly intOrString?: boolean;
  readonly preserveUnknown?: boolean;
}

/** A subresource; `name` is what comes after the slash. */
export interface SubresourceDef {
  readonly name: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly group?: string;
  readonly version?: string;
  readonly gate?: string;
}

/** A resource as discovery shows it. */
export interface ResourceDef {
  readonly name: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly storageVersionHash?: string;
  readonly storageVersion?: { readonly group: string; readonly version: string };
  readonly subresources?: readonly SubresourceDef[];
  readonly gate?: string;
}

/** An API group, its versions in priority order. */
export interface GroupDef {
  readonly group: string;
  readonly versions: readonly { readonly version: string; readonly preferred?: boolean; readonly resources: readonly ResourceDef[] }[];
}

/** A column of a table; `format` is '' and `priority` 0 where left out. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly priority?: number;
}

/** One default of a type: a value, or where it comes from and when. */
export interface DefaultRule {
  readonly value?: unknown;
  readonly from?: string;
  readonly when?: string;
  readonly gate?: string;
  readonly cases?: readonly { readonly value: unknown; readonly when: string }[];
  readonly force?: boolean;
  readonly round?: string;
  readonly scale?: number;
}

interface Table {
  readonly version: string;
  readonly groups: readonly GroupDef[];
  readonly featureGates: Readonly<Record<string, { readonly default: boolean; readonly stage: string; readonly removed?: boolean }>>;
  readonly fieldSelectors: Readonly<Record<string, readonly string[]>>;
  readonly fieldSelectorAliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly tableColumns: Readonly<Record<string, readonly TableColumn[]>>;
  readonly defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly types: Readonly<Record<string, TypeDef>>;
}

const table = once((): Table => JSON.parse(TABLE_JSON) as Table);
const namesByKind = once(
  () =>
    new Map(
      Object.entries(table().types).flatMap(([name, def]) =>
        (def.gvk ?? []).map((g) => [`${g.group}/${g.version}/${g.kind}`, name] as const),
      ),
    ),
);
const namesOfAnyGroup = once(
  () =>
    new Map(
      Object.entries(table().types).flatMap(([name, def]) => (def.anyGroup ? (def.gvk ?? []).map((g) => [g.kind, name] as const) : [])),
    ),
);

/** The type of a kind: 'io.k8s.api.apps.v1.StatefulSet'. Kinds such as DeleteOptions are known in every group version. */
export function typeNameOf(gvk: GroupVersionKindName): string | undefined {
  return namesByKind().get(`${gvk.group}/${gvk.version}/${gvk.kind}`) ?? namesOfAnyGroup().get(gvk.kind);
}

/** Kinds of each group, in whatever version; '' is the core group. */
const kindsByGroup = once(() => {
  const groups = new Map<string, Set<string>>();
  for (const { gvk = [] } of Object.values(table().types)) {
    for (const { group, kind } of gvk) {
      const kinds = groups.get(group);
      if (kinds) kinds.add(kind);
      else groups.set(group, new Set([kind]));
    }
  }
  return groups;
});

/** Kinds that a group of Kubernetes itself has in any version; undefined for a group that is not Kubernetes' own, '' is the core group. */
export function kindsOfGroup(group: string): ReadonlySet<string> | undefined {
  return kindsByGroup().get(group);
}

/** A type by name. Throws an Error for a name that is not in the table: a bug of the caller. */
export function typeDef(name: string): TypeDef {
  const def = findTypeDef(name);
  if (!def) throw new Error(`type ${name} is not in the table`);
  return def;
}

/** A type by name, undefined when the table has none of that name. */
export function findTypeDef(name: string): TypeDef | undefined {
  return Object.hasOwn(table().types, name) ? table().types[name] : undefined;
}

/** Names of all types. */
export function typeNames(): readonly string[] {
  return Object.keys(table().types);
}

/** Group versions that a default server serves, in discovery priority order, the core group first. */
export function servedGroups(): readonly GroupDef[] {
  return table().groups;
}

/** Columns of a resource's table by plural name; '_customresource', '_scale' and '_status' are names too. */
export function tableColumnsOf(resource: string): readonly TableColumn[] {
  const { tableColumns } = table();
  return (Object.hasOwn(tableColumns, resource) ? tableColumns[resource] : tableColumns['_default']) ?? [];
}

/** Field labels that a resource's field selector accepts; custom resources' for a name that the table does not have. */
export function fieldSelectorsOf(resource: string): readonly string[] {
  const { fieldSelectors } = table();
  return (Object.hasOwn(fieldSelectors, resource) ? fieldSelectors[resource] : fieldSelectors['_customresource']) ?? [];
}

/** Accepted field labels that stand for another: 'spec.host' for 'spec.nodeName'. */
export function fieldSelectorAliasesOf(resource: string): Readonly<Record<string, string>> {
  const aliases = table().fieldSelectorAliases;
  return (Object.hasOwn(aliases, resource) ? aliases[resource] : undefined) ?? {};
}

/** Whether a feature gate is on by default in 1.32; gates that the table does not name are off. */
export function featureGateDefault(name: string): boolean {
  const gates = table().featureGates;
  return (Object.hasOwn(gates, name) ? gates[name]?.default : undefined) ?? false;
}

/** Defaults of a type by path, in the order in which they apply. */
export function defaultRulesOf(typeName: string): ReadonlyMap<string, readonly DefaultRule[]> {
  const { defaults } = table();
  const rules = Object.hasOwn(defaults, typeName) ? Object.entries(defaults[typeName] ?? {}) : [];
  return new Map(rules.map(([path, rule]) => [path, toRules(rule)]));
}

/** Names of the types that have defaults. */
export function typesWithDefaults(): readonly string[] {
  return Object.keys(table().defaults);
}

function toRules(rule: unknown): readonly DefaultRule[] {
  if (Array.isArray(rule)) return rule as readonly DefaultRule[];
  return typeof rule === 'object' && rule !== null ? [rule as DefaultRule] : [{ value: rule }];
}
