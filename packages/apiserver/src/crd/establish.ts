// Definitions as they come and go: conditions, serving, and the clean-up of instances.
import { timestamp } from '@holdfast/clock';
import { CUSTOMRESOURCEDEFINITIONS, type CustomResourceDefinition, type KubeObject } from '@holdfast/schema';
import { deleteObject, updateObject } from '../core/write.ts';
import { collectionPrefix, type ServerContext } from '../core/server-context.ts';
import { definitionsOf } from './definitions.ts';

export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';
const PREFIX = 'apiextensions.k8s.io/customresourcedefinitions/';

/** A new definition with the conditions that make clients use it. */
export function established(crd: CustomResourceDefinition, server: ServerContext): KubeObject {
  const { spec } = crd;
  const now = timestamp(server.clock);
  const names = spec && {
    ...spec.names,
    singular: spec.names.singular ?? spec.names.kind.toLowerCase(),
    listKind: spec.names.listKind ?? `${spec.names.kind}List`,
  };
  const condition = (type: string, reason: string, message: string): Record<string, string> => ({
    lastTransitionTime: now,
    message,
    reason,
    status: 'True',
    type,
  });
  return {
    ...crd,
    metadata: { ...crd.metadata, finalizers: [...new Set([...(crd.metadata.finalizers ?? []), CLEANUP_FINALIZER])] },
    status: {
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
      acceptedNames: names,
      storedVersions: spec?.versions.filter((version) => version.storage).map((version) => version.name) ?? [],
    },
  } as KubeObject;
}

/** Keeps the registry in step with the stored definitions; runs until the server closes. */
export async function followDefinitions(server: ServerContext, onBug: (error: unknown) => void): Promise<void> {
  const watch = server.store.watch(PREFIX, server.store.revision);
  server.closing.addEventListener('abort', () => watch.close(), { once: true });
  for await (const event of watch) {
    const crd = event.entry.value as unknown as CustomResourceDefinition & KubeObject;
    if (event.type === 'put' && crd.metadata.deletionTimestamp) await cleanUp(server, crd).catch(onBug);
  }
}

/** Makes a stored definition served, or takes it away. Called where the definition is written, so that it holds at once. */
export function serveDefinition(server: ServerContext, crd: CustomResourceDefinition & KubeObject, gone: boolean): void {
  server.registry.setCustom(crd.metadata.name ?? '', gone ? [] : definitionsOf(crd));
}

async function cleanUp(server: ServerContext, crd: CustomResourceDefinition & KubeObject): Promise<void> {
  const [first] = definitionsOf(crd);
  if (first) {
    for (const { value } of server.store.list(collectionPrefix(first, '')).entries) {
      await deleteObject(
        { server, definition: first, namespace: value.metadata.namespace ?? '', dryRun: false, subresource: '' },
        value.metadata.name ?? '',
        {},
      );
    }
    if (server.store.count(collectionPrefix(first, '')) > 0) return;
  }
  const definition = server.registry.find('apiextensions.k8s.io', 'v1', CUSTOMRESOURCEDEFINITIONS.resource);
  if (!definition) return;
  await updateObject(
    { server, definition, namespace: '', dryRun: false, subresource: '' },
    crd.metadata.name ?? '',
    (current) => ({
      ...current,
      metadata: { ...current.metadata, finalizers: current.metadata.finalizers?.filter((finalizer) => finalizer !== CLEANUP_FINALIZER) },
    }),
    { raw: true },
  );
  serveDefinition(server, crd, true);
}
