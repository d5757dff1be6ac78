// Defaults of built-in kinds, from the table: what the server fills in when it decodes an object.
import type { FieldDef, TypeNode } from './type-table.ts';
import { isRecord, setMember } from './deep.ts';
import { compileRules } from './defaults/rules.ts';
import { memoize } from './memoize.ts';
import { parseQuantity } from './quantity.ts';
import { findTypeDef, typeDef } from './type-table.ts';

type Values = Readonly<Record<string, unknown>>;
type Apply = (value: unknown) => unknown;

/**
 * Sets the defaults of the type and of everything in it, the outer object's first, gates as 1.32 has them by default.
 * Expects a decoded object; returns the same reference when nothing changed.
 */
export function applyDefaults<T extends object>(typeName: string, object: T): T {
  const apply = defaulterOf(typeName);
  return apply ? (apply(object) as T) : object;
}

/** What sets the defaults of a type, undefined when neither it nor anything in it has any. */
function defaulterOf(typeName: string): Apply | undefined {
  const made = defaulters(typeName);
  return made.has() ? made.apply : undefined;
}

interface Defaulter {
  /** Whether the type or anything in it has defaults. */
  readonly has: () => boolean;
  readonly apply: Apply;
}

const defaulters: (typeName: string) => Defaulter = memoize((typeName: string): Defaulter => {
  const rules = [compileRules(typeName), EXTRA_RULES[typeName]].filter((rule) => rule !== undefined);
  let members: ReadonlyMap<string, Apply> | undefined;
  let has: boolean | undefined;
  const membersOf = (): ReadonlyMap<string, Apply> => (members ??= memberDefaulters(typeName));
  return {
    has: () => (has ??= reachesDefaults(typeName, new Set())),
    apply: (value) => {
      if (!isRecord(value)) return value;
      return applyToMembers(
        rules.reduce((own, rule) => rule(own), value),
        membersOf(),
      );
    },
  };
});

function applyToMembers(object: Values, members: ReadonlyMap<string, Apply>): Values {
  let changed: Record<string, unknown> | undefined;
  for (const key of Object.keys(object)) {
    const apply = members.get(key);
    if (apply === undefined) continue;
    const before = object[key];
    const after = apply(before);
    if (after !== before) (changed ??= { ...object })[key] = after;
  }
  return changed ?? object;
}

function memberDefaulters(typeName: string): ReadonlyMap<string, Apply> {
  const fields = Object.entries(typeDef(typeName).fields ?? {});
  return new Map(fields.flatMap(([name, field]) => nodeDefaulter(field).map((apply) => [name, apply] as const)));
}

/** None or one. */
function nodeDefaulter(node: TypeNode): readonly Apply[] {
  if (node.alias === 'ResourceList') return [roundResources];
  if (node.list) return nodeDefaulter(node.list).map(eachElement);
  if (node.map) return nodeDefaulter(node.map).map(eachMember);
  if (node.ref === undefined) return [];
  const apply = defaulterOf(node.ref);
  return apply ? [apply] : [];
}

function eachElement(apply: Apply): Apply {
  return (value) => {
    if (!Array.isArray(value)) return value;
    let changed: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const after = apply(value[i]);
      if (after !== value[i]) (changed ??= [...value])[i] = after;
    }
    return changed ?? value;
  };
}

function eachMember(apply: Apply): Apply {
  return (value) => {
    if (!isRecord(value)) return value;
    let changed: Record<string, unknown> | undefined;
    for (const key of Object.keys(value)) {
      const after = apply(value[key]);
      if (after !== value[key]) setMember((changed ??= { ...value }), key, after);
    }
    return changed ?? value;
  };
}

const FINER_THAN_MILLI = /[nu]$|e-[69]$/;
/** Resources are counted in thousandths; what is finer is rounded up. */
const roundResources: Apply = eachMember((quantity) =>
  typeof quantity === 'string' && FINER_THAN_MILLI.test(quantity) ? parseQuantity(quantity).roundUp(-3).toString() : quantity,
);

function reachesDefaults(typeName: string, seen: Set<string>): boolean {
  if (seen.has(typeName)) return false;
  seen.add(typeName);
  const def = findTypeDef(typeName);
  if (compileRules(typeName) || EXTRA_RULES[typeName]) return true;
  return Object.values(def?.fields ?? {}).some((field) => nodeReaches(field, seen));
}

function nodeReaches(node: FieldDef | TypeNode, seen: Set<string>): boolean {
  if (node.alias === 'ResourceList') return true;
  const inner = node.list ?? node.map;
  if (inner) return nodeReaches(inner, seen);
  return node.ref !== undefined && reachesDefaults(node.ref, seen);
}

/** What conversion, not defaulting, sets upstream and clients nonetheless see. */
const EXTRA_RULES: Readonly<Record<string, (value: Values) => Values>> = {
  // Claim templates come back with their kind.
  'io.k8s.api.apps.v1.StatefulSetSpec': (spec) => {
    const templates = spec['volumeClaimTemplates'];
    if (
      !Array.isArray(templates) ||
      templates.every((t: unknown) => isRecord(t) && t['kind'] === 'PersistentVolumeClaim' && t['apiVersion'] === 'v1')
    )
      return spec;
    const kinds = { kind: 'PersistentVolumeClaim', apiVersion: 'v1' };
    return { ...spec, volumeClaimTemplates: templates.map((t: unknown) => (isRecord(t) ? { ...kinds, ...t, ...kinds } : t)) };
  },
};
