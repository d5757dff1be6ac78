// Structural schemas of built-in types, made from the API's table, for the parts of a custom resource that are such types.
import { type FieldDef, type JSONSchemaProps, type TypeNode, typeDef } from '@holdfast/schema';

const QUANTITY_PATTERN =
  '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$';

/** `name`: 'io.k8s.api.core.v1.Affinity'. Enumerations are left out, as they are in the definitions that upstream generates. */
export function schemaOfType(name: string): JSONSchemaProps {
  const def = typeDef(name);
  switch (def.custom) {
    case undefined:
      break;
    case 'quantity':
      return { anyOf: [{ type: 'integer' }, { type: 'string' }], pattern: QUANTITY_PATTERN, 'x-kubernetes-int-or-string': true };
    case 'intOrString':
      return { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true };
    case 'time':
    case 'microTime':
      return { type: 'string', format: 'date-time' };
    case 'duration':
      return { type: 'string' };
    default:
      return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  }
  const properties = Object.fromEntries(Object.entries(def.fields ?? {}).map(([field, node]) => [field, schemaOfField(node)]));
  return {
    type: 'object',
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(def.required && def.required.length > 0 ? { required: [...def.required] } : {}),
    ...(def.mapType ? { 'x-kubernetes-map-type': def.mapType } : {}),
  };
}

/** A list of built-in types. */
export function listOfType(name: string): JSONSchemaProps {
  return { type: 'array', items: schemaOfType(name) };
}

function schemaOfField(field: FieldDef): JSONSchemaProps {
  return {
    ...schemaOfNode(field),
    ...(field.listType ? { 'x-kubernetes-list-type': field.listType } : {}),
    ...(field.mapKeys ? { 'x-kubernetes-list-map-keys': [...field.mapKeys] } : {}),
    ...(field.mapType ? { 'x-kubernetes-map-type': field.mapType } : {}),
  };
}

function schemaOfNode(node: TypeNode): JSONSchemaProps {
  if (node.ref !== undefined) return schemaOfType(node.ref);
  if (node.list) return { type: 'array', items: schemaOfNode(node.list) };
  if (node.map) return { type: 'object', additionalProperties: schemaOfNode(node.map) };
  if (node.t === undefined || node.t === 'any') return { 'x-kubernetes-preserve-unknown-fields': true };
  return { type: node.t, ...(node.format ? { format: node.format } : {}) };
}
