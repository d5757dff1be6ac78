// Defaults of a structural schema.
import type { SchemaNode } from './node.ts';
import { isRecord, setMember } from '../deep.ts';

/**
 * The value with the schema's defaults filled in. A null where null is not allowed becomes the default, or goes when there is
 * none. The same value when nothing changes.
 */
export function defaultValues(node: SchemaNode, value: unknown): unknown {
  if (Array.isArray(value)) return node.items ? defaultItems(node.items, value) : value;
  return isRecord(value) ? defaultMembers(node, value) : value;
}

function defaultItems(items: SchemaNode, value: readonly unknown[]): unknown {
  let changed: unknown[] | undefined;
  for (let i = 0; i < value.length; i++) {
    const given = value[i] === null && !items.nullable && items.default ? items.default.value : value[i];
    const after = defaultValues(items, given);
    if (after !== value[i]) (changed ??= [...value])[i] = after;
  }
  return changed ?? value;
}

function defaultMembers(node: SchemaNode, value: Readonly<Record<string, unknown>>): unknown {
  let changed: Record<string, unknown> | undefined;
  const change = (): Record<string, unknown> => (changed ??= { ...value });
  for (const [key, property] of node.properties) {
    const given = Object.hasOwn(value, key) ? value[key] : undefined;
    const missing = given === undefined || (given === null && !property.nullable);
    if (missing && property.default) setMember(change(), key, defaultValues(property, property.default.value));
    else if (missing && given === null) delete change()[key];
    else if (!missing) {
      const after = defaultValues(property, given);
      if (after !== given) setMember(change(), key, after);
    }
  }
  const additional = node.additional;
  if (additional !== undefined && additional !== true) {
    for (const key of Object.keys(value)) {
      if (node.properties.has(key)) continue;
      const given = value[key];
      if (given === null && !additional.nullable && !additional.default) delete change()[key];
      else {
        const after = defaultValues(additional, given === null && !additional.nullable ? additional.default?.value : given);
        if (after !== given) setMember(change(), key, after);
      }
    }
  }
  return changed ?? value;
}
