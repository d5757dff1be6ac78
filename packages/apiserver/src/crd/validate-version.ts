// What is wrong with one version of a definition: its schema, subresources, columns and selectable fields.
import { compileStructural, type CustomResourceDefinition, type JSONSchemaProps } from '@holdfast/schema';
import type { FieldErrors } from '../validation/field-errors.ts';
import { compileRules } from './cel-module.ts';

type Version = NonNullable<CustomResourceDefinition['spec']>['versions'][number];

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const MAX_SELECTABLE = 8;
const MAX_WARNING = 256;

export function validateVersion(version: Version, path: string, errors: FieldErrors): void {
  deprecation(version, `${path}.deprecationWarning`, errors);
  const schema = version.schema?.openAPIV3Schema;
  if (schema) {
    const at = `${path}.schema.openAPIV3Schema`;
    if (schema.nullable) errors.forbidden(`${at}.nullable`, 'nullable cannot be true at the root');
    if (version.subresources?.status && schema.type !== 'object')
      errors.invalid(
        `${at}.type`,
        schema.type ?? '',
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
      );
    const compiled = compileStructural(schema, { path: at, rules: compileRules });
    if ('errors' in compiled) for (const error of compiled.errors) errors.add(error);
  }
  scale(version, `${path}.subresources`, errors);
  columns(version, path, errors);
  selectableFields(version, `${path}.selectableFields`, errors);
}

function deprecation({ deprecated, deprecationWarning }: Version, path: string, errors: FieldErrors): void {
  if (deprecationWarning === undefined) return;
  if (!deprecated) return errors.invalid(path, deprecationWarning, 'can only be set for deprecated versions');
  if (deprecationWarning.length > MAX_WARNING) errors.invalid(path, deprecationWarning, `must be <= ${MAX_WARNING} characters long`);
  if (deprecationWarning === '') errors.invalid(path, deprecationWarning, 'must not be an empty string');
  const index = deprecationWarning.search(/[\p{C}]/u);
  if (index >= 0)
    errors.invalid(
      path,
      deprecationWarning,
      `must only contain printable UTF-8 characters; non-printable character found at index ${index}`,
    );
}

function scale({ subresources }: Version, path: string, errors: FieldErrors): void {
  const given = subresources?.scale;
  if (!given) return;
  for (const [field, root] of [
    ['specReplicasPath', 'spec'],
    ['statusReplicasPath', 'status'],
  ] as const) {
    const at = `${path}.scale.${field}`;
    if (!given[field]) errors.required(at);
    else if (simplePath(given[field], at, errors) && !given[field].startsWith(`.${root}.`))
      errors.invalid(at, given[field], `should be a json path under .${root}`);
  }
  const selector = given.labelSelectorPath;
  const at = `${path}.scale.labelSelectorPath`;
  if (selector && simplePath(selector, at, errors) && !/^\.(spec|status)\./.test(selector))
    errors.invalid(at, selector, 'should be a json path under either .status or .spec');
}

/** Whether it is a path in dot notation. */
function simplePath(text: string, path: string, errors: FieldErrors): boolean {
  if (text.startsWith('.')) return true;
  errors.invalid(path, text, 'must be a simple json path starting with .');
  return false;
}

function columns({ additionalPrinterColumns = [] }: Version, path: string, errors: FieldErrors): void {
  for (const [index, { name, type, format, jsonPath }] of additionalPrinterColumns.entries()) {
    const at = `${path}.additionalPrinterColumns[${index}]`;
    const types = `must be one of ${COLUMN_TYPES.join(',')}`;
    if (!name) errors.required(`${at}.name`);
    if (!type) errors.required(`${at}.type`, types);
    else if (!COLUMN_TYPES.includes(type)) errors.invalid(`${at}.type`, type, types);
    if (format && !COLUMN_FORMATS.includes(format)) errors.invalid(`${at}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`);
    if (!jsonPath) errors.required(`${at}.JSONPath`);
    else simplePath(jsonPath, `${at}.JSONPath`, errors);
  }
}

function selectableFields({ selectableFields: fields = [], schema }: Version, path: string, errors: FieldErrors): void {
  const seen = new Set<string>();
  for (const [index, { jsonPath }] of fields.entries()) {
    const at = `${path}[${index}].jsonPath`;
    if (!jsonPath) {
      errors.required(at);
      continue;
    }
    const node = fieldAt(schema?.openAPIV3Schema, jsonPath);
    if (typeof node === 'string') {
      errors.invalid(at, jsonPath, `is an invalid path: ${node}`);
      continue;
    }
    if (/^\.metadata(\.|$)/.test(jsonPath)) errors.invalid(at, jsonPath, 'must not point to fields in metadata');
    if (!['string', 'boolean', 'integer'].includes(node.type ?? ''))
      errors.invalid(
        at,
        jsonPath,
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      );
    if (seen.has(jsonPath)) errors.duplicate(at, jsonPath);
    seen.add(jsonPath);
  }
  if (seen.size > MAX_SELECTABLE) errors.tooMany(path, seen.size, MAX_SELECTABLE);
}

/** The schema of a field, or what is wrong with its path. */
function fieldAt(schema: JSONSchemaProps | undefined, path: string): JSONSchemaProps | string {
  if (path.includes('[')) return 'array notation is not allowed';
  if (!path.startsWith('.')) return `expected [ or . but got: ${path.split('.')[0]}`;
  let node = schema;
  for (const name of path.slice(1).split('.')) {
    const { properties } = node ?? {};
    node = properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!node) return 'does not refer to a valid field';
  }
  return node ?? 'does not refer to a valid field';
}
