// PATCH with application/apply-patch+yaml: server-side apply.
import { formatTime } from '@holdfast/clock';
import {
  apiVersionOf,
  type Applied,
  applyConfiguration,
  applyConflict,
  badRequest,
  conflict,
  describeConflicts,
  failure,
  isAlreadyExists,
  isRecord,
  type KubeObject,
  notFound,
  setOfValue,
  strictDecodingError,
  strictProblems,
  unsupportedMediaType,
  writeManagers,
} from '@holdfast/schema';
import { decodeAs, readBody, validationOf } from '../core/decode-body.ts';
import { type ResourceRequest, storageKey } from '../core/server-context.ts';
import { createObject, updateObject, type WriteContext } from '../core/write.ts';
import { emptyObject, ignoredFields, mergeTypeFor } from './definition-types.ts';
import { conflictsBeyondLastApplied, KUBECTL, withLastApplied } from './last-applied.ts';
import { checkWriteOptions } from '../core/write-options.ts';
import { isTrue } from '../requests/request-info.ts';
import { managerName } from './manager-name.ts';
import { managersForApply, type TrackedWrite, writer } from './track.ts';

export const APPLY_PATCH = 'application/apply-patch+yaml';

export function isApply({ request }: ResourceRequest): boolean {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim() === APPLY_PATCH;
}

type Config = Readonly<Record<string, unknown>>;

/**
 * Applies the request's configuration; creates the object where there is none. Throws Conflict with a cause for each field
 * that another manager owns, unless the request says `force=true`.
 */
export async function applyPatch(
  context: ResourceRequest,
  write: WriteContext,
): Promise<{ readonly created: boolean; readonly object: KubeObject }> {
  const { server, definition, info, request } = context;
  checkWriteOptions('PatchOptions', request.query, true);
  if (info.subresource !== '' && info.subresource !== 'status') throw unsupportedMediaType([APPLY_PATCH]);
  const config = readConfig(context);
  for (;;) {
    const exists = server.store.get(storageKey(definition, info.namespace, info.name)) !== undefined;
    if (exists) {
      const change = (live: KubeObject): Promise<KubeObject> => applied(context, config, live);
      return { created: false, object: await updateObject(write, info.name, change, { applied: true }) };
    }
    if (info.subresource !== '') throw notFound(definition, info.name);
    const uid = metadataOf(config)['uid'];
    if (uid) {
      const problem = `uid mismatch: the provided object specified uid ${text(uid)}, and no existing object was found`;
      throw conflict(definition, info.name, problem);
    }
    try {
      const object = await applied(context, config, emptyObject(definition));
      return { created: true, object: await createObject({ ...write, applied: true }, object) };
    } catch (error) {
      // Somebody was faster: then there is an object to apply to.
      if (!isAlreadyExists(error)) throw error;
    }
  }
}

/** The live object with the configuration applied, decoded and defaulted, and with its managers. */
async function applied(context: ResourceRequest, config: Config, live: KubeObject): Promise<KubeObject> {
  const { server, definition, info, request } = context;
  const time = formatTime(server.clock.now());
  const write: TrackedWrite = { definition, subresource: info.subresource, manager: managerName(request), time };
  const type = mergeTypeFor(definition);
  const managers = managersForApply(write, live);
  const force = isTrue(request.query.get('force'));
  const apply = (forced: boolean): Applied =>
    applyConfiguration({
      type,
      live,
      config,
      managers,
      by: writer(write),
      force: forced,
      ignored: ignoredFields(definition, info.subresource),
    });
  await request.turn?.();
  let result = apply(force);
  if ('conflicts' in result && write.manager === KUBECTL) {
    const left = conflictsBeyondLastApplied(result.conflicts, type, live);
    result = left.length > 0 ? { conflicts: left } : apply(true);
  }
  if ('conflicts' in result) {
    const { causes, message } = describeConflicts(result.conflicts);
    throw applyConflict(causes, message);
  }
  await request.turn?.();
  const merged = isRecord(result.object) ? result.object : {};
  const decoded = decodeAs(definition, { ...merged, kind: live.kind, apiVersion: live.apiVersion }).object;
  await request.turn?.();
  const object = write.manager === KUBECTL ? withLastApplied(decoded, live, config) : decoded;
  const version = metadataOf(config)['resourceVersion'];
  return {
    ...object,
    metadata: {
      ...object.metadata,
      resourceVersion: typeof version === 'string' && version !== '' ? version : undefined,
      managedFields: writeManagers(result.managers),
    },
  };
}

/** The configuration, checked for what every one must have. */
function readConfig(context: ResourceRequest): Config {
  const { definition, info } = context;
  const { value, duplicates } = readBody(context, looksLikeJson(context) ? 'application/json' : APPLY_PATCH);
  if (!isRecord(value)) throw badRequest('error decoding YAML: the configuration must be an object');
  const expected = apiVersionOf(definition);
  const { apiVersion, kind } = value;
  if (kind !== definition.kind)
    throw badRequest(`invalid object type: ${text(apiVersion)}, Kind=${text(kind)}, expected ${expected}, Kind=${definition.kind}`);
  if (apiVersion !== expected) {
    throw badRequest(`Incorrect version specified in apply patch. Specified patch version: ${text(apiVersion)}, expected: ${expected}`);
  }
  const { managedFields, name, namespace } = metadataOf(value);
  if (managedFields !== undefined && managedFields !== null) throw badRequest('metadata.managedFields must be nil');
  if (!name) throw badRequest(`the name of the object (${info.name} based on URL) was undeterminable: name must be provided`);
  if (name !== info.name) throw badRequest(`the name of the object (${text(name)}) does not match the name on the URL (${info.name})`);
  if (definition.namespaced && namespace && namespace !== info.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if (duplicates.length > 0) {
    const validation = validationOf(context);
    if (validation === 'Strict') throw strictDecodingError(definition.kind, definition.version, [], duplicates);
    if (validation === 'Warn') context.warnings.push(...strictProblems([], duplicates));
  }
  const problems: string[] = [];
  setOfValue(mergeTypeFor(definition), value, problems);
  if (problems.length > 0) {
    const subject = `${text(namespace)}/${text(name)}; ${definition.group}/${definition.version}, Kind=${definition.kind}`;
    const list = problems.length === 1 ? problems[0] : ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n');
    // Upstream does not call it a bad request either.
    throw failure(500, '', `failed to create typed patch object (${subject}): ${list}`);
  }
  return value;
}

/** JSON is YAML too, but a parser of JSON alone is faster. */
function looksLikeJson({ request: { body } }: ResourceRequest): boolean {
  if (body?.kind !== 'bytes') return false;
  try {
    return isRecord(JSON.parse(Buffer.from(body.bytes).toString('utf8')));
  } catch {
    return false;
  }
}

function metadataOf(config: Config): Config {
  return isRecord(config['metadata']) ? config['metadata'] : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}
