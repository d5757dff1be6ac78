// Paths of rules: '.spec.replicas', "['a.b']" and mixtures, which must lead to a field of the schema.
import type { JSONSchemaProps } from '../generated/types.ts';

const STEP = /^(?:\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\])/;

/** The path as field errors write it, without a leading dot; undefined when it leads nowhere. */
export function normalizedFieldPath(path: string, schema: JSONSchemaProps): string | undefined {
  let rest = path;
  let node: JSONSchemaProps | undefined = schema;
  let normalized = '';
  while (rest !== '') {
    const match: RegExpExecArray | null = STEP.exec(rest);
    if (!match || !node) return undefined;
    const name: string = match[1] ?? (match[2] ?? '').replaceAll(/\\(.)/g, '$1');
    const properties: JSONSchemaProps['properties'] = node.properties;
    if (properties) {
      if (!Object.hasOwn(properties, name)) return undefined;
      node = properties[name];
      normalized += `.${name}`;
    } else if (typeof node.additionalProperties === 'object') {
      node = node.additionalProperties;
      normalized += `[${name}]`;
    } else return undefined;
    rest = rest.slice(match[0].length);
  }
  return normalized.replace(/^\./, '');
}
