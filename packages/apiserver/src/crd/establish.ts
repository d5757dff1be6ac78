// Definitions as they come and go: served from the moment they are stored, and their instances removed with them.
import { CUSTOMRESOURCEDEFINITIONS, type CustomResourceDefinition, type KubeObject } from '@holdfast/schema';
import { collectionPrefix, type ServerContext } from '../core/server-context.ts';
import { deleteObject, updateObject } from '../core/write.ts';
import type { ResourceDefinition } from '../registry/resource-definition.ts';
import { loadCel } from './cel-module.ts';
import { isEstablished } from './conditions.ts';
import { definitionsOf, isTerminating } from './definitions.ts';
import { CLEANUP_FINALIZER } from './strategy.ts';

type Crd = CustomResourceDefinition & KubeObject;

const PREFIX = 'apiextensions.k8s.io/customresourcedefinitions/';

/** Makes a stored definition served, or takes it away. Called where the definition is written, so that it holds at once. */
export function serveDefinition(server: ServerContext, crd: Crd, gone: boolean): void {
  const { metadata, spec, status } = crd;
  const served = {
    shape: { spec, acceptedNames: status?.acceptedNames },
    terminating: isTerminating(crd),
    definitions: (watches: Set<() => void>) => definitionsOf(crd, watches),
  };
  server.registry.setCustom(metadata.name ?? '', gone || !isEstablished(crd) ? undefined : served);
}

/** Serves what a state that is opened again holds. */
export async function serveStored(server: ServerContext): Promise<void> {
  const { entries } = server.store.list(PREFIX);
  if (entries.length === 0) return;
  await loadCel();
  for (const { value } of entries) serveDefinition(server, value as Crd, false);
}

/** Empties definitions that are being deleted, and gives freed names to those that wait for them. Runs until the server closes. */
export async function followDefinitions(server: ServerContext, onBug: (error: unknown) => void): Promise<void> {
  const emptying = new Map<string, Promise<void>>();
  // Deletions that a restart interrupted go on.
  const watch = server.store.watch(PREFIX, server.store.revision);
  server.closing.addEventListener('abort', () => watch.close(), { once: true });
  const consider = (crd: Crd): void => {
    const name = crd.metadata.name ?? '';
    if (!isTerminating(crd) || emptying.has(name)) return;
    const work = cleanUp(server, crd)
      .catch(onBug)
      .finally(() => emptying.delete(name));
    emptying.set(name, work);
  };
  for (const { value } of server.store.list(PREFIX).entries) consider(value as Crd);
  for await (const event of watch) {
    const crd = event.entry.value as Crd;
    if (event.type === 'put') consider(crd);
    else await giveNames(server, crd.spec?.group ?? '').catch(onBug);
  }
  await Promise.all(emptying.values());
}

/** Removes all instances, then the finalizer. */
async function cleanUp(server: ServerContext, crd: Crd): Promise<void> {
  await loadCel();
  serveDefinition(server, crd, false);
  const [first] = definitionsOf(withAllServed(crd));
  if (first) {
    const prefix = collectionPrefix(first, '');
    const from = server.store.revision;
    for (const { value } of server.store.list(prefix).entries)
      await deleteObject({ ...writeContext(server, first), namespace: value.metadata.namespace ?? '' }, value.metadata.name ?? '', {});
    // Instances with finalizers of their own take their time.
    const watch = server.store.watch(prefix, from);
    const stop = (): void => watch.close();
    server.closing.addEventListener('abort', stop, { once: true });
    try {
      if (server.store.count(prefix) > 0) for await (const _event of watch) if (server.store.count(prefix) === 0) break;
    } finally {
      watch.close();
      server.closing.removeEventListener('abort', stop);
    }
    if (server.closing.aborted) return;
  }
  await rewrite(server, crd.metadata.name ?? '', (current) => ({
    ...current,
    metadata: { ...current.metadata, finalizers: current.metadata.finalizers?.filter((finalizer) => finalizer !== CLEANUP_FINALIZER) },
  }));
  if (!server.store.get(`${PREFIX}${crd.metadata.name}`)) serveDefinition(server, crd, true);
}

/** Instances may lie in versions that are no longer served. */
function withAllServed(crd: Crd): Crd {
  const { spec } = crd;
  return spec ? { ...crd, spec: { ...spec, versions: spec.versions.map((version) => ({ ...version, served: true })) } } : crd;
}

/** Definitions of a group that were not served for a name that another one had are looked at again. */
async function giveNames(server: ServerContext, group: string): Promise<void> {
  const definition = definitionOfDefinitions(server);
  await loadCel();
  for (const { value } of server.store.list(PREFIX).entries) {
    const crd = value as Crd;
    if (crd.spec?.group !== group || isEstablished(crd)) continue;
    const name = crd.metadata.name ?? '';
    const written = await rewrite(server, name, (current) => definition.strategy.prepareForUpdate(current, current, server));
    if (written) serveDefinition(server, written as Crd, false);
  }
}

async function rewrite(server: ServerContext, name: string, change: (current: KubeObject) => KubeObject): Promise<KubeObject | undefined> {
  if (!server.store.get(`${PREFIX}${name}`)) return undefined;
  return updateObject(writeContext(server, definitionOfDefinitions(server)), name, change, { raw: true });
}

function definitionOfDefinitions(server: ServerContext): ResourceDefinition {
  const definition = server.registry.find('apiextensions.k8s.io', 'v1', CUSTOMRESOURCEDEFINITIONS.resource);
  if (!definition) throw new Error('definitions are not served');
  return definition;
}

function writeContext(server: ServerContext, definition: ResourceDefinition): Parameters<typeof deleteObject>[0] {
  return { server, definition, namespace: '', dryRun: false, subresource: '' };
}
