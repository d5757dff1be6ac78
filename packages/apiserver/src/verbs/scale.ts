// The scale subresource: autoscaling/v1 Scale over whatever has replicas.
import { badRequest, invalid, invalidValue, isRecord, type KubeObject, notFound, type UnstructuredObject } from '@holdfast/schema';
import { admitBody } from '../admission/subresources.ts';
import { readBody } from '../core/decode-body.ts';
import { getObject } from '../core/read.ts';
import { type ResourceRequest, storageKey } from '../core/server-context.ts';
import { updateObject } from '../core/write.ts';
import { managerName } from '../field-managers/manager-name.ts';
import { patchOf } from './patch.ts';

interface Paths {
  readonly spec: readonly string[];
  readonly status: readonly string[];
  readonly selector: readonly string[] | undefined;
}

export async function getScale(context: ResourceRequest): Promise<KubeObject> {
  return scaleOf(context, await getObject(context));
}

/** PUT and PATCH of a Scale change spec.replicas of the object behind it. */
export async function writeScale(context: ResourceRequest): Promise<KubeObject> {
  const { server, definition, info, request } = context;
  if (!server.store.get(storageKey(definition, info.namespace, info.name))) throw notFound(definition, info.name);
  const patch =
    request.method === 'PATCH'
      ? patchOf({ ...context, definition: { ...definition, typeName: 'io.k8s.api.autoscaling.v1.Scale' } })
      : undefined;
  const sent = patch ? undefined : readBody(context).value;
  const write = {
    server,
    definition,
    namespace: info.namespace,
    dryRun: request.query.get('dryRun') === 'All',
    subresource: 'scale',
    manager: managerName(request),
  };
  const written = await updateObject(write, info.name, async (current) => {
    const scale = scaleOf(context, current);
    const kind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
    const wanted = await admitBody(context, kind, 'UPDATE', patch ? patch(scale) : sent, scale);
    if (!isRecord(wanted)) throw badRequest('the request body must be a Scale');
    const spec = isRecord(wanted['spec']) ? wanted['spec'] : {};
    const replicas = spec['replicas'] ?? 0;
    if (typeof replicas !== 'number')
      throw badRequest(
        'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32',
      );
    if (replicas < 0)
      throw invalid({ group: 'autoscaling', kind: 'Scale' }, info.name, [
        invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'),
      ]);
    const metadata = isRecord(wanted['metadata']) ? wanted['metadata'] : {};
    const version = patch && metadata['resourceVersion'] === current.metadata.resourceVersion ? undefined : metadata['resourceVersion'];
    const next = setPath(current as UnstructuredObject, pathsOf(context).spec, replicas);
    return { ...next, metadata: { ...current.metadata, resourceVersion: typeof version === 'string' ? version : undefined } } as KubeObject;
  });
  return scaleOf(context, written);
}

function pathsOf({ definition }: ResourceRequest): Paths {
  const split = (path: string): readonly string[] => path.replace(/^\./, '').split('.');
  const custom = definition.custom?.scale;
  if (!custom) return { spec: ['spec', 'replicas'], status: ['status', 'replicas'], selector: undefined };
  return {
    spec: split(custom.specReplicasPath),
    status: split(custom.statusReplicasPath),
    selector: custom.labelSelectorPath ? split(custom.labelSelectorPath) : undefined,
  };
}

function scaleOf(context: ResourceRequest, object: KubeObject): KubeObject {
  const paths = pathsOf(context);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.selector ? getPath(object, paths.selector) : selectorText((object as UnstructuredObject)['spec']);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: getPath(object, paths.spec) ?? 0 },
    status: { replicas: getPath(object, paths.status) ?? 0, ...(selector ? { selector } : {}) },
  } as KubeObject;
}

function selectorText(spec: unknown): string | undefined {
  const selector = isRecord(spec) ? spec['selector'] : undefined;
  if (!isRecord(selector)) return undefined;
  const labels = isRecord(selector['matchLabels']) ? selector['matchLabels'] : {};
  return Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',');
}

function getPath(object: unknown, path: readonly string[]): unknown {
  let value: unknown = object;
  for (const part of path) value = isRecord(value) ? value[part] : undefined;
  return value;
}

function setPath(object: UnstructuredObject, path: readonly string[], value: unknown): UnstructuredObject {
  const [first = '', ...rest] = path;
  const inner = isRecord(object[first]) ? (object[first] as UnstructuredObject) : ({} as UnstructuredObject);
  return { ...object, [first]: rest.length === 0 ? value : setPath(inner, rest, value) } as UnstructuredObject;
}
