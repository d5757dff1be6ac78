// A custom resource's schema in the form in which it is walked: compiled once, then read for every object.
import type { FieldError } from '../field-error.ts';

/** Checks one value; finds nothing or one error. */
export type Check = (value: unknown, path: string) => FieldError | undefined;

/** What the evaluation of one object's rules shares. */
export interface RuleContext {
  /** Whether the nearest value around this one that has a counterpart before the update is equal to it. */
  unchanged(): boolean;
  /** What the rules of the object may still cost. */
  readonly budget: { left: number };
}

/** Evaluates rules of a node that are code, such as CEL. `old` is the value before an update, where one corresponds. */
export interface RuleValidator {
  /** What each rule can cost at the most in one object, with the rule's path. */
  readonly costs: readonly { readonly path: string; readonly cost: number }[];
  validate(value: unknown, old: unknown, path: string, context: RuleContext): readonly FieldError[];
}

/** One schema node. */
export interface SchemaNode {
  /** JSON types that the value may have; empty means any. 'integer' is a number without fraction. */
  readonly types: readonly string[];
  readonly nullable: boolean;
  readonly properties: ReadonlyMap<string, SchemaNode>;
  /** Schema of the members that `properties` does not name; true: anything goes. */
  readonly additional: SchemaNode | true | undefined;
  readonly items: SchemaNode | undefined;
  readonly preserve: boolean;
  /** An object with apiVersion, kind and metadata of its own. */
  readonly embedded: boolean;
  readonly listType: 'atomic' | 'set' | 'map' | undefined;
  readonly mapKeys: readonly string[];
  readonly mapType: 'atomic' | 'granular' | undefined;
  /** Set when the schema states a default. */
  readonly default: { readonly value: unknown } | undefined;
  readonly required: readonly string[];
  readonly checks: readonly Check[];
  readonly allOf: readonly SchemaNode[];
  readonly anyOf: readonly SchemaNode[];
  readonly oneOf: readonly SchemaNode[];
  readonly not: SchemaNode | undefined;
  readonly rules: RuleValidator | undefined;
  /** Whether this node or one below it has rules. */
  readonly hasRules: boolean;
}

/** JSON type of a value as messages name it. */
export function jsonTypeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** Whether a value has one of the types; an integer is a number too. */
export function hasType(types: readonly string[], value: unknown): boolean {
  const actual = jsonTypeOf(value);
  return types.length === 0 || types.includes(actual) || (actual === 'integer' && types.includes('number'));
}
