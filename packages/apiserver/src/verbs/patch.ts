// PATCH: the document of the current object, changed, decoded again and written as an update.
import {
  badRequest,
  isRecord,
  jsonPatch,
  type KubeObject,
  mergePatch,
  strategicMergePatch,
  strictDecodingError,
  strictProblems,
  unsupportedMediaType,
} from '@holdfast/schema';
import { decodeAs, readBody, validationOf } from '../core/decode-body.ts';
import type { ResourceRequest } from '../core/server-context.ts';
import type { Change } from '../core/write.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/** What the request's patch makes of a document. Throws 415 for a type that is not (yet) served. */
export function patchOf(context: ResourceRequest): (document: unknown) => unknown {
  const { definition, request } = context;
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  const served = definition.custom ? [JSON_PATCH, MERGE_PATCH] : [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH];
  if (!served.includes(type)) throw unsupportedMediaType([...served, APPLY_PATCH]);
  const { value } = readBody(context, 'application/json');
  if (type === JSON_PATCH) return (document) => jsonPatch(document, value);
  if (!isRecord(value)) throw badRequest('the patch must be an object');
  if (type === MERGE_PATCH) return (document) => mergePatch(document, value);
  return (document) => strategicMergePatch(document, value, definition.typeName ?? '');
}

/** The change of an update that the patch stands for. */
export function patchChange(context: ResourceRequest): Change {
  const { definition } = context;
  const patch = patchOf(context);
  let warned = false;
  return async (current) => {
    await context.request.turn?.();
    const patched = patch(current);
    await context.request.turn?.();
    if (!isRecord(patched)) throw badRequest('the patch must leave an object');
    const { object, unknownFields } = decodeAs(definition, { ...patched, kind: current.kind, apiVersion: current.apiVersion });
    const validation = validationOf(context);
    if (unknownFields.length > 0 && validation === 'Strict') throw strictDecodingError(definition.kind, definition.version, unknownFields);
    if (unknownFields.length > 0 && validation === 'Warn' && !warned) context.warnings.push(...strictProblems(unknownFields));
    warned = true;
    await context.request.turn?.();
    return preconditioned(object, current, patched);
  };
}

/** A patch that does not speak of the resourceVersion has no precondition. */
function preconditioned(object: KubeObject, current: KubeObject, patched: Readonly<Record<string, unknown>>): KubeObject {
  const metadata = patched['metadata'];
  const version = isRecord(metadata) ? metadata['resourceVersion'] : undefined;
  if (version !== undefined && version !== current.metadata.resourceVersion) return object;
  return { ...object, metadata: { ...object.metadata, resourceVersion: undefined } };
}
