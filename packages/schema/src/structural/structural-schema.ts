// The schema of a custom resource's version: checked for structure, compiled, and then used for every object.
import type { FieldError } from '../field-error.ts';
import type { JSONSchemaProps } from '../generated/types.ts';
import type { RuleValidator, SchemaNode } from './node.ts';
import type { Pruned } from './prune.ts';
import { forbiddenField, invalidValue } from '../field-error.ts';
import { checkStructure } from './check-structure.ts';
import { compileChecks } from './checks.ts';
import { defaultValues } from './default-values.ts';
import { pruneObject } from './prune.ts';
import { validateNode } from './validate.ts';

/** A compiled schema. */
export interface StructuralSchema {
  /** The schema tree, for readers such as server-side apply. */
  readonly root: SchemaNode;
  /** Drops unknown fields and reports their paths; metadata is read as ObjectMeta (throws BadRequest for wrong types). */
  prune(value: unknown): Pruned;
  /** Fills in defaults and drops nulls that are not allowed; the same value when nothing changes. */
  applyDefaults(value: unknown): unknown;
  /** What is wrong with a value. With `old`, rules see it and values that did not change pass. */
  validate(value: unknown, options?: { readonly path?: string; readonly old?: unknown }): readonly FieldError[];
}

/** Where a node with rules stands. */
export interface RuleNode {
  /** Whether it is a resource: the root, or embedded. */
  readonly resource: boolean;
  /** Path of the list around it whose elements have no counterparts before an update; undefined where there is none. */
  readonly uncorrelatable: string | undefined;
  /** How often the node may be in one object; undefined where nothing bounds a list or map around it. */
  readonly times: number | undefined;
  /** The schema was accepted before: its costs are not asked for again. */
  readonly trusted: boolean;
}

/** Makes the validator of a node's rules. */
export type RuleCompiler = (
  schema: JSONSchemaProps,
  path: string,
  node: RuleNode,
) => RuleValidator | { readonly errors: readonly FieldError[] };

/** Options of compileStructural. */
export interface CompileOptions {
  /** Where the schema stands in its definition; the prefix of structural errors. */
  readonly path?: string;
  /** Makes the validator of a node that has x-kubernetes-validations. Without it such rules are not evaluated. */
  readonly rules?: RuleCompiler;
  /** The schema has been compiled before, and is known to be structural. */
  readonly trusted?: boolean;
}

/** Compiles an OpenAPI v3 schema, or says what keeps it from being structural. */
export function compileStructural(
  openAPIV3Schema: JSONSchemaProps,
  { path = 'spec.validation.openAPIV3Schema', rules, trusted = false }: CompileOptions = {},
): { readonly schema: StructuralSchema } | { readonly errors: readonly FieldError[] } {
  const structure = trusted ? [] : checkStructure(openAPIV3Schema, path);
  if (structure.length > 0) return { errors: structure };
  const errors: FieldError[] = [];
  const root = compileNode(openAPIV3Schema, path, { rules, errors, root: true, uncorrelatable: undefined, times: 1, trusted });
  if (!trusted) errors.push(...totalCostErrors(root, path));
  if (errors.length > 0) return { errors };
  return {
    schema: {
      root,
      prune: (value) => pruneObject(root, value),
      applyDefaults: (value) => defaultValues(root, value),
      validate: (value, { path: at = '', old } = {}) => validateNode(root, value, at, old),
    },
  };
}

interface Compilation {
  readonly rules: CompileOptions['rules'];
  readonly errors: FieldError[];
  readonly root: boolean;
  readonly uncorrelatable: string | undefined;
  readonly times: number | undefined;
  readonly trusted: boolean;
}

function compileNode(schema: JSONSchemaProps, path: string, here: Compilation): SchemaNode {
  // Elements of lists that are not maps have no counterparts.
  const inList =
    here.uncorrelatable ?? (schema.type === 'array' && schema['x-kubernetes-list-type'] !== 'map' ? `${path}.items` : undefined);
  const compilation: Compilation = { ...here, root: false, uncorrelatable: inList };
  const inside = (most: number | undefined): Compilation => ({
    ...compilation,
    times: here.times === undefined || most === undefined ? undefined : here.times * most,
  });
  const nested = (word: 'allOf' | 'anyOf' | 'oneOf'): readonly SchemaNode[] =>
    (schema[word] ?? []).map((inner, i) => compileNode(inner, `${path}.${word}[${i}]`, compilation));
  const node: Omit<SchemaNode, 'hasRules'> = {
    types: schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type ? [schema.type] : [],
    nullable: schema.nullable === true,
    properties: new Map(
      Object.entries(schema.properties ?? {}).map(([name, property]) => [
        name,
        compileNode(property, `${path}.properties[${name}]`, compilation),
      ]),
    ),
    additional: compileAdditional(schema, path, inside(schema.maxProperties)),
    items:
      schema.items && !Array.isArray(schema.items)
        ? compileNode(schema.items as JSONSchemaProps, `${path}.items`, inside(schema.maxItems))
        : undefined,
    preserve: schema['x-kubernetes-preserve-unknown-fields'] === true,
    embedded: schema['x-kubernetes-embedded-resource'] === true,
    listType: schema['x-kubernetes-list-type'] as SchemaNode['listType'],
    mapKeys: schema['x-kubernetes-list-map-keys'] ?? [],
    mapType: schema['x-kubernetes-map-type'] as SchemaNode['mapType'],
    default: schema.default === undefined || schema.default === null ? undefined : { value: schema.default },
    required: schema.required ?? [],
    checks: [...compileChecks(schema)],
    allOf: nested('allOf'),
    anyOf: nested('anyOf'),
    oneOf: nested('oneOf'),
    not: schema.not ? compileNode(schema.not, `${path}.not`, compilation) : undefined,
    rules: compileRules(schema, path, here),
  };
  const below = [...node.properties.values(), node.items, node.additional === true ? undefined : node.additional];
  const compiled = { ...node, hasRules: node.rules !== undefined || below.some((inner) => inner?.hasRules === true) };
  checkDefault(compiled, path, compilation.errors);
  return compiled;
}

function compileAdditional(schema: JSONSchemaProps, path: string, compilation: Compilation): SchemaNode['additional'] {
  const { additionalProperties } = schema;
  if (additionalProperties === true) return true;
  return typeof additionalProperties === 'object'
    ? compileNode(additionalProperties, `${path}.additionalProperties`, compilation)
    : undefined;
}

function compileRules(
  schema: JSONSchemaProps,
  path: string,
  { rules, errors, root, uncorrelatable, times, trusted }: Compilation,
): RuleValidator | undefined {
  if (!rules || (schema['x-kubernetes-validations'] ?? []).length === 0) return undefined;
  const made = rules(schema, path, { resource: root || schema['x-kubernetes-embedded-resource'] === true, uncorrelatable, times, trusted });
  if (!('errors' in made)) return made;
  errors.push(...made.errors);
  return undefined;
}

/** What all rules of a schema may cost together (upstream: StaticEstimatedCRDCostLimit). */
const TOTAL_COST_LIMIT = 100_000_000;
/** So many of the most expensive rules are named. */
const NAMED = 4;

function totalCostErrors(root: SchemaNode, path: string): readonly FieldError[] {
  if (!root.hasRules) return [];
  const costs = [...costsOf(root)];
  const total = costs.reduce((sum, { cost }) => sum + cost, 0);
  if (total <= TOTAL_COST_LIMIT) return [];
  const worst = costs.toSorted((a, b) => b.cost - a.cost).slice(0, NAMED);
  return [
    ...worst.map((rule) =>
      forbiddenField(
        rule.path,
        'contributed to estimated rule & messageExpression cost total exceeding cost limit for entire OpenAPIv3 schema',
      ),
    ),
    forbiddenField(
      path,
      costMessage('x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema', total, TOTAL_COST_LIMIT),
    ),
  ];
}

function* costsOf(node: SchemaNode): Generator<RuleValidator['costs'][number]> {
  yield* node.rules?.costs ?? [];
  for (const property of node.properties.values()) if (property.hasRules) yield* costsOf(property);
  if (node.items?.hasRules) yield* costsOf(node.items);
  if (node.additional !== undefined && node.additional !== true && node.additional.hasRules) yield* costsOf(node.additional);
}

/** By how much something is too costly, as upstream says it. */
export function costMessage(what: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const words = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  return `${what} exceeds budget by factor of ${words} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

/** A default must itself be valid: it would otherwise make objects that can never be written. */
function checkDefault(node: SchemaNode, path: string, errors: FieldError[]): void {
  if (!node.default) return;
  const problems = validateNode(
    { ...node, default: undefined, rules: undefined },
    defaultValues(node, node.default.value),
    `${path}.default`,
  );
  errors.push(...problems.map((e) => (e.field === '' ? invalidValue(`${path}.default`, node.default?.value, e.detail) : e)));
}
