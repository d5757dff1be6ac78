// A controller that keeps one object of a fixed name in every namespace.
import { type ComponentFactory, createController, type Informer, watch } from '@holdfast/controller';
import { isAlreadyExists, isNamespaceTerminating, isNotFound, type KubeObject, NAMESPACES, type ResourceType } from '@holdfast/schema';

/** Options of keepInEachNamespace. */
export interface NamespacedObjectOptions<T extends KubeObject> {
  /** The controller's name. */
  readonly name: string;
  readonly type: ResourceType<T>;
  /** The object's name. */
  readonly objectName: string;
  readonly build: (namespace: string) => T;
  /** The object as it must be; the one given when it is right. Absent: whatever is there is right. */
  readonly correct?: (current: T) => T;
}

export function keepInEachNamespace<T extends KubeObject>({
  name,
  type,
  objectName,
  build,
  correct,
}: NamespacedObjectOptions<T>): ComponentFactory {
  return (context) => {
    const { client, informers } = context;
    const namespaces = informers.informer(NAMESPACES);
    const objects: Informer<T> = informers.informer(type);

    async function reconcile({ name: namespace }: { readonly name: string }): Promise<void> {
      const found = namespaces.get({ name: namespace });
      if (!found || found.metadata.deletionTimestamp !== undefined || found.status?.phase === 'Terminating') return;
      const current = objects.get({ namespace, name: objectName });
      const wanted = current ? (correct?.(current) ?? current) : build(namespace);
      if (wanted === current) return;
      await (current ? client.update(type, wanted) : client.create(type, wanted)).catch(ignoreExpected);
    }

    return createController({
      name,
      context,
      reconciler: { reconcile },
      watches: [
        watch(namespaces, ({ object }) => [{ name: object.metadata.name ?? '' }]),
        watch(
          objects,
          ({ object }) => [{ name: object.metadata.namespace ?? '' }],
          ({ object }) => object.metadata.name === objectName,
        ),
      ],
    });
  };
}

/** Another writer was first, or the namespace is going. */
function ignoreExpected(error: unknown): void {
  if (isAlreadyExists(error) || isNotFound(error)) return;
  if (isNamespaceTerminating(error)) return;
  throw error;
}
