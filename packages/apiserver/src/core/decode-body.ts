// From the bytes or the value of a request to a typed object: parsed, checked, defaulted.
import {
  applyDefaults,
  apiVersionOf,
  badRequest,
  decodeProtobuf,
  decodeTyped,
  isProtobuf,
  isRecord,
  type KubeObject,
  parseJson,
  PROTOBUF_MEDIA_TYPE,
  parseYaml,
  type Secret,
  strictDecodingError,
  strictProblems,
  unsupportedMediaType,
} from '@holdfast/schema';
import type { ResourceDefinition } from '../registry/resource-definition.ts';
import type { ResourceRequest } from './server-context.ts';

const ACCEPTED = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

export interface ParsedBody {
  readonly value: unknown;
  readonly duplicates: readonly string[];
}

/** Reads the body as JSON or YAML by its content type; an in-process caller's value is taken as it is. */
export function readBody(context: ResourceRequest, mediaType?: string): ParsedBody {
  const { body, headers } = context.request;
  if (!body) return { value: undefined, duplicates: [] };
  if (body.kind === 'value') return { value: body.value, duplicates: [] };
  if (body.bytes.length === 0) return { value: undefined, duplicates: [] };
  const type = mediaType ?? (headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? '';
  if (type === PROTOBUF_MEDIA_TYPE && isProtobuf(body.bytes)) return { value: decodeProtobuf(body.bytes).object, duplicates: [] };
  const strict = validationOf(context) !== 'Ignore';
  if (type === 'application/yaml' || type === 'application/apply-patch+yaml') return parseYaml(Buffer.from(body.bytes).toString('utf8'));
  if (type.includes('json') || type === '') return parseJson(body.bytes, { findDuplicates: strict });
  throw unsupportedMediaType(ACCEPTED);
}

/** fieldValidation of the request: Strict, Warn (the default) or Ignore. */
export function validationOf(context: ResourceRequest): string {
  return context.request.query.get('fieldValidation') || 'Warn';
}

/** Decodes the body of a create or update as an object of the definition. `known`: the object that an update replaces. */
export function decodeObject(context: ResourceRequest, definition: ResourceDefinition, parsed: ParsedBody, known?: KubeObject): KubeObject {
  const { value } = parsed;
  if (!isRecord(value)) throw badRequest('the request body must be an object');
  const wanted = apiVersionOf(definition);
  const kind = value['kind'] ?? definition.kind;
  const apiVersion = value['apiVersion'] ?? wanted;
  if (kind !== definition.kind || apiVersion !== wanted) {
    throw badRequest(
      `${textOf(kind)} in version "${textOf(apiVersion)}" cannot be handled as a ${definition.kind}: the object provided is unrecognized (must be of type ${definition.kind})`,
    );
  }
  const whole = value['kind'] === kind && value['apiVersion'] === apiVersion ? value : { ...value, kind, apiVersion };
  const { object, unknownFields } = decodeAs(definition, whole, known);
  const validation = validationOf(context);
  if (unknownFields.length > 0 || parsed.duplicates.length > 0) {
    if (validation === 'Strict') throw strictDecodingError(definition.kind, definition.version, unknownFields, parsed.duplicates);
    if (validation === 'Warn') context.warnings.push(...strictProblems(unknownFields, parsed.duplicates));
  }
  return object;
}

/** Decodes and defaults; unknown fields are dropped and named. Parts that are those of `known`, a decoded object, are taken as they are. */
export function decodeAs(
  definition: ResourceDefinition,
  value: Readonly<Record<string, unknown>>,
  known?: KubeObject,
): { object: KubeObject; unknownFields: readonly string[] } {
  if (definition.custom) {
    const { object, unknownFields } = definition.custom.decode(value);
    return { object: clearingManagers(object, value), unknownFields };
  }
  const typeName = definition.typeName ?? '';
  const decoded = decodeTyped(typeName, value, known);
  const object = clearingManagers(applyDefaults(typeName, decoded.object) as unknown as KubeObject, value);
  const read = definition.storagePrefix === 'core/secrets' ? withTexts(object) : object;
  return { object: read, unknownFields: decoded.unknownFields };
}

/** An empty list of managedFields means to clear them, which decoding would take for an absent one. */
function clearingManagers(object: KubeObject, { metadata }: Readonly<Record<string, unknown>>): KubeObject {
  const managed = isRecord(metadata) ? metadata['managedFields'] : undefined;
  const cleared = Array.isArray(managed) && managed.length === 0;
  return cleared ? { ...object, metadata: { ...object.metadata, managedFields: [] } } : object;
}

/** A header field of an object as an error names it, whatever its type. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A Secret's stringData is a way to write data, and wins over it; it is never kept. */
function withTexts(object: KubeObject & Secret): KubeObject {
  const { stringData, ...kept } = object;
  if (!stringData) return object;
  const texts = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')] as const);
  return { ...kept, data: { ...object.data, ...Object.fromEntries(texts) } } as KubeObject;
}
