// One request for a resource: verb and subresource decide what is done.
import {
  apiVersionOf,
  type ApiResponse,
  badRequest,
  failure,
  GoValue,
  invalid,
  isRecord,
  type KubeObject,
  methodNotSupported,
  notFound,
  type Pod,
  type StatusObject,
} from '@holdfast/schema';
import type { StoreEntry } from '@holdfast/store';
import { requestOptions } from './admission/request-options.ts';
import { admitBody, admitConnection } from './admission/subresources.ts';
import { proxied } from './proxy/index.ts';
import { loadCel } from './crd/cel-module.ts';
import { serveDefinition } from './crd/establish.ts';
import { decodeObject, readBody } from './core/decode-body.ts';
import { ObjectAnswer } from './core/encoded.ts';
import { getObject, listAnswer, listEntries, present } from './core/read.ts';
import { watchObjects } from './core/watch.ts';
import { type ResourceRequest, storageKey } from './core/server-context.ts';
import { checkWriteOptions, deleteOptions } from './core/write-options.ts';
import { type Change, createObject, deleteObject, updateObject, type WriteContext } from './core/write.ts';
import { openAttach, openExec, openLog, openPortForward } from './streaming/index.ts';
import type { TokenAuthority } from './tokens/service-account-tokens.ts';
import { applyPatch, isApply } from './field-managers/apply-patch.ts';
import { managerName } from './field-managers/manager-name.ts';
import { bind } from './verbs/binding.ts';
import { ephemeralChange } from './verbs/ephemeral-containers.ts';
import { evict } from './verbs/eviction.ts';
import { patchChange } from './verbs/patch.ts';
import { getScale, writeScale } from './verbs/scale.ts';
import { isReview, review } from './verbs/review.ts';

/** Handles a request whose resource is known. */
export async function handleResource(context: ResourceRequest, tokens: TokenAuthority): Promise<ApiResponse> {
  const { info, definition, request } = context;
  // Whatever writes a definition or a configuration of admission compiles what it says.
  if (isDefinition(context) || definition.group === 'admissionregistration.k8s.io') await loadCel();
  if (definition.custom?.deprecationWarning) context.warnings.push(definition.custom.deprecationWarning);
  if (info.subresource !== '') return handleSubresource(context, tokens);
  if (!definition.verbs.includes(info.verb)) throw methodNotSupported(definition, info.verb);
  switch (info.verb) {
    case 'get':
      return answer(context, 200, await getObject(context));
    case 'list':
      return listAnswer(context, warningHeaders(context));
    case 'watch':
      return { kind: 'watch', status: 200, headers: warningHeaders(context), frames: watchObjects(context) };
    case 'create':
      return create(context, tokens);
    case 'update':
      return update(context);
    case 'patch':
      return patch(context);
    case 'delete': {
      const options = deleteOptions(context);
      return answer(context, 200, afterDelete(context, await deleteObject(deletionOf(context, options), info.name, options)));
    }
    case 'deletecollection': {
      const options = deleteOptions(context);
      const items = (await listEntries(context)).entries.map((entry) => present(definition, entry));
      for (const item of items) {
        await deleteObject(
          { ...deletionOf(context, options), namespace: item.metadata.namespace ?? '' },
          item.metadata.name ?? '',
          options,
        ).catch((error: unknown) => {
          if (!isGone(error)) throw error;
        });
      }
      return answer(context, 200, { kind: definition.listKind, apiVersion: apiVersionOf(definition), metadata: {}, items });
    }
  }
  throw methodNotSupported(definition, request.method);
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 404;
}

async function create(context: ResourceRequest, tokens: TokenAuthority): Promise<ApiResponse> {
  const { definition, info } = context;
  if (isReview(definition)) return answer(context, 201, review(context, tokens));
  if (definition.resource === 'bindings' && definition.group === '') {
    const body = readBody(context).value;
    const name =
      isRecord(body) && isRecord(body['metadata']) && typeof body['metadata']['name'] === 'string' ? body['metadata']['name'] : '';
    const pods = context.server.registry.find('', 'v1', 'pods');
    if (!pods) throw new Error('pods are not served');
    return answer(context, 201, await bind({ ...context, definition: pods }, name, body));
  }
  checkWriteOptions('CreateOptions', context.request.query);
  const object = await decodedBody(context);
  if (info.name !== '') throw methodNotSupported(definition, 'create');
  if (definition.custom?.terminating)
    throw failure(405, 'MethodNotAllowed', 'create not allowed while custom resource definition is terminating');
  if (definition.namespaced && info.namespace === '') throw badRequest('an empty namespace may not be set during creation');
  return answer(context, 201, afterWrite(context, await createObject(writeOf(context), object)));
}

/** The object of a request's body, parsed and decoded. `known`: what a caller in this process may have made it from. */
function decodedBody(context: ResourceRequest, known?: KubeObject): KubeObject | Promise<KubeObject> {
  const body = readBody(context);
  const decoded = (): KubeObject => decodeObject(context, context.definition, body, known);
  const { turn } = context.request;
  return turn ? betweenTurns(decoded, turn) : decoded();
}

async function betweenTurns<T>(work: () => T, turn: () => Promise<void>): Promise<T> {
  await turn();
  const result = work();
  await turn();
  return result;
}

/** Narrows what a write may change. */
type Narrow = (change: Change) => Change;

async function patch(context: ResourceRequest, narrow: Narrow = (change) => change): Promise<ApiResponse> {
  if (isApply(context)) {
    const { created, object } = await applyPatch(context, writeOf(context));
    return answer(context, created ? 201 : 200, afterWrite(context, object));
  }
  checkWriteOptions('PatchOptions', context.request.query);
  return answer(context, 200, afterWrite(context, await updateObject(writeOf(context), context.info.name, narrow(patchChange(context)))));
}

async function update(context: ResourceRequest, narrow: Narrow = (change) => change): Promise<ApiResponse> {
  checkWriteOptions('UpdateOptions', context.request.query);
  const entry = entryOf(context);
  const decoding = decodedBody(context, entry && context.definition.fromStored(entry.value));
  const object = decoding instanceof Promise ? await decoding : decoding;
  if (isCreation(context, object)) {
    const unversioned = { ...object, metadata: { ...object.metadata, resourceVersion: undefined } };
    return answer(context, 201, await createObject(writeOf(context), unversioned));
  }
  const change = narrow(() => object);
  return answer(context, 200, afterWrite(context, await updateObject(writeOf(context), context.info.name, change)));
}

function entryOf({ definition, info, server }: ResourceRequest): StoreEntry<KubeObject> | undefined {
  return server.store.get(storageKey(definition, info.namespace, info.name));
}

/** Whether the object of an update is to be created, as there is none. Throws where it can neither be created nor updated. */
function isCreation(context: ResourceRequest, object: KubeObject): boolean {
  const { definition, info } = context;
  if (object.metadata.name && object.metadata.name !== info.name)
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${info.name})`);
  if (!entryOf(context)) {
    if (definition.strategy.createOnUpdate && info.subresource === '') return true;
    throw notFound(definition, info.name);
  }
  if (!object.metadata.resourceVersion && !definition.strategy.unconditionalUpdate) {
    throw invalid(definition, info.name, [
      { type: 'Invalid', field: 'metadata.resourceVersion', badValue: new GoValue('0x0'), detail: 'must be specified for an update' },
    ]);
  }
  return false;
}

async function handleSubresource(context: ResourceRequest, tokens: TokenAuthority): Promise<ApiResponse> {
  const { info, definition, server, request } = context;
  if (!definition.subresources.some((subresource) => subresource.name === info.subresource)) throw notFound(definition, info.name);
  const body = (): unknown => readBody(context).value;
  const pod = async (): Promise<Pod> => (await getObject(context)) as Pod;
  await admitConnection(context);
  const { query } = request;
  const access = { nodes: server.nodes, kubelet: server.kubelet };
  switch (`${definition.resource}/${info.subresource}`) {
    case 'pods/log':
      return openLog({ pod: await pod(), query, signal: request.signal, ...access });
    case 'pods/exec':
      return openExec({ pod: await pod(), query, ...access });
    case 'pods/attach':
      return openAttach({ pod: await pod(), query, ...access });
    case 'pods/portforward':
      return openPortForward({ pod: await pod(), query, ...access });
    case 'nodes/proxy':
    case 'pods/proxy':
    case 'services/proxy':
      return proxied(context);
    case 'pods/eviction':
      return answer(
        context,
        201,
        await evict(context, await admitBody(context, { group: 'policy', version: 'v1', kind: 'Eviction' }, 'CREATE', body())),
      );
    case 'pods/binding':
      return answer(
        context,
        201,
        await bind(context, info.name, await admitBody(context, { group: '', version: 'v1', kind: 'Binding' }, 'CREATE', body())),
      );
    case 'serviceaccounts/token':
      return answer(
        context,
        201,
        tokens.issue(
          info.namespace,
          info.name,
          await admitBody(context, { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }, 'CREATE', body()),
          request.user,
        ),
      );
    case 'namespaces/finalize':
      return finalize(context);
    case 'pods/ephemeralcontainers':
      if (info.verb === 'get') return answer(context, 200, await getObject(context));
      if (info.verb === 'update') return update(context, ephemeralChange);
      if (info.verb === 'patch') return patch(context, ephemeralChange);
  }
  if (info.subresource === 'scale') return answer(context, 200, info.verb === 'get' ? await getScale(context) : await writeScale(context));
  if (info.subresource === 'status') {
    if (info.verb === 'get') return answer(context, 200, await getObject(context));
    if (info.verb === 'update') return update(context);
    if (info.verb === 'patch') return patch(context);
  }
  throw methodNotSupported(definition, info.verb);
}

/** PUT of a namespace's finalizers; without any left, the namespace is gone. */
async function finalize(context: ResourceRequest): Promise<ApiResponse> {
  const { definition, info } = context;
  const object = decodeObject(context, definition, readBody(context)) as KubeObject & {
    readonly spec?: { readonly finalizers?: readonly string[] };
  };
  const finalizers = object.spec?.finalizers ?? [];
  const write = { ...writeOf(context), subresource: 'finalize' };
  const written = await updateObject(
    write,
    info.name,
    (current) =>
      ({
        ...current,
        metadata: { ...current.metadata, resourceVersion: object.metadata.resourceVersion },
        spec: { finalizers },
      }) as KubeObject,
    { raw: true },
  );
  if (finalizers.length === 0 && written.metadata.deletionTimestamp && !written.metadata.finalizers?.length)
    await deleteObject(writeOf(context), info.name, {}).catch(() => undefined);
  return answer(context, 200, written);
}

function answer(context: ResourceRequest, status: number, object: unknown): ApiResponse {
  const { server, definition, info } = context;
  return new ObjectAnswer(status, warningHeaders(context), object, () => {
    const name = (object as Partial<KubeObject>).metadata?.name;
    return name && info.subresource !== 'scale' ? server.store.get(storageKey(definition, info.namespace, name)) : undefined;
  });
}

function warningHeaders({ warnings }: ResourceRequest): Readonly<Record<string, string>> {
  if (warnings.length === 0) return {};
  return { warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(', ') };
}

function writeOf({ server, definition, info, request, warnings }: ResourceRequest): WriteContext {
  const dryRun = request.query.get('dryRun') === 'All';
  return {
    server,
    definition,
    namespace: info.namespace,
    dryRun,
    subresource: info.subresource,
    warnings,
    options: requestOptions(request),
    user: request.user,
    manager: managerName(request),
    turn: request.turn,
  };
}

function deletionOf(context: ResourceRequest, { dryRun, ...options }: ReturnType<typeof deleteOptions>): WriteContext {
  return { ...writeOf(context), dryRun, options: { ...options, ...(dryRun ? { dryRun: ['All'] } : {}) } };
}

function isDefinition({ definition }: ResourceRequest): boolean {
  return definition.storagePrefix === 'apiextensions.k8s.io/customresourcedefinitions';
}

function afterWrite(context: ResourceRequest, object: KubeObject): KubeObject {
  const gone = object.metadata.deletionTimestamp !== undefined && !object.metadata.finalizers?.length;
  if (isDefinition(context) && context.request.query.get('dryRun') !== 'All') serveDefinition(context.server, object as never, gone);
  return object;
}

function afterDelete(context: ResourceRequest, result: KubeObject | StatusObject): KubeObject | StatusObject {
  if (isDefinition(context) && !entryOf(context)) serveDefinition(context.server, { metadata: { name: context.info.name } } as never, true);
  return result;
}
