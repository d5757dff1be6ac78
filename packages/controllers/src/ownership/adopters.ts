// Who might adopt an object that has no controller: what wakes the owners.
import { controllerOf, type Informer, type Request, requestOf } from '@holdfast/controller';
import { type KubeObject, type LabelSelector, labelSelector } from '@holdfast/schema';

type Owner = KubeObject & { readonly spec?: { readonly selector?: LabelSelector | undefined } | undefined };

/** Maps an orphan to the owners of its namespace whose selector it fits; `mayOwn` says what else must be so. */
export function adopters<O extends Owner, T extends KubeObject>(
  owners: Informer<O>,
  mayOwn: (owner: O, orphan: T) => boolean = () => true,
): (object: T) => readonly Request[] {
  return (object) => {
    if (controllerOf(object)) return [];
    const { namespace, labels = {} } = object.metadata;
    return owners
      .list(namespace)
      .filter((owner) => mayOwn(owner, object) && labelSelector(owner.spec?.selector).matches(labels))
      .map(requestOf);
  };
}
