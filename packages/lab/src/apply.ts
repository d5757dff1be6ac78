// Brings objects onto a cluster as `kubectl apply` would for the first time, and updates those that are there.
import type { Client } from '@holdfast/client';
import { isAlreadyExists, type KubeObject, parseApiVersion, type ResourceType } from '@holdfast/schema';

/** One entry of a group version's resource list. */
interface DiscoveredResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/**
 * Creates each object in order, or merges it into the one of its name; yields kubectl's line for each
 * ('statefulset.apps/web created'). A custom resource whose definition came just before it is found.
 */
export async function* applyObjects(client: Client, objects: readonly KubeObject[], signal?: AbortSignal): AsyncGenerator<string> {
  for (const object of objects) {
    const type = await resolveType(client, object, signal);
    const target =
      type.namespaced && !object.metadata.namespace ? { ...object, metadata: { ...object.metadata, namespace: 'default' } } : object;
    const label = `${type.group === '' ? type.kind.toLowerCase() : `${type.kind.toLowerCase()}.${type.group}`}/${object.metadata.name}`;
    try {
      await client.create(type, target, { fieldManager: 'holdfast', fieldValidation: 'Strict', signal });
      yield `${label} created`;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const key = { name: object.metadata.name ?? '', namespace: target.metadata.namespace };
      await client.patch(type, key, { type: 'merge', body: target }, { fieldManager: 'holdfast', fieldValidation: 'Strict', signal });
      yield `${label} configured`;
    }
  }
}

/** Finds the resource that holds objects of this kind. Throws with the remedy when the server has none. */
export async function resolveType(client: Client, object: KubeObject, signal?: AbortSignal): Promise<ResourceType> {
  const apiVersion = object.apiVersion ?? '';
  const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const list = (await client.raw(path, signal ? { signal } : {})) as { readonly resources?: readonly DiscoveredResource[] };
  const found = list.resources?.find((resource) => resource.kind === object.kind && !resource.name.includes('/'));
  if (!found)
    throw new Error(
      `no matches for kind ${JSON.stringify(object.kind)} in version ${JSON.stringify(apiVersion)}: install its definition first`,
    );
  return { ...parseApiVersion(apiVersion), resource: found.name, kind: found.kind, namespaced: found.namespaced };
}
