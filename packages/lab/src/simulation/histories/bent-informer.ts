// A controller's cache in which objects of one kind look different from what they are.
import type { ComponentContext, ComponentFactory, Informer, InformerEvent } from '@holdfast/controller';
import type { KubeObject, ResourceType } from '@holdfast/schema';

/** Makes a controller see every object of a kind as `bend` makes it. */
export function seeing<S extends KubeObject>(bent: ResourceType<S>, bend: (object: S) => S): (make: ComponentFactory) => ComponentFactory {
  return (make) => (context) => {
    const { informers } = context;
    const others: ComponentContext['informers'] = {
      ...informers,
      informer: <T extends KubeObject>(type: ResourceType<T>) => {
        const informer = informers.informer(type);
        // The resource says that T is S here.
        return type.resource === bent.resource ? bentInformer(informer, bend as unknown as (object: T) => T) : informer;
      },
    };
    return make({ ...context, informers: others });
  };
}

function bentInformer<T extends KubeObject>(informer: Informer<T>, bend: (object: T) => T): Informer<T> {
  const bentEvent = (event: InformerEvent<T>): InformerEvent<T> =>
    event.type === 'updated' ? { ...event, object: bend(event.object), old: bend(event.old) } : { ...event, object: bend(event.object) };
  return {
    type: informer.type,
    get: (key) => {
      const object = informer.get(key);
      return object && bend(object);
    },
    list: (namespace) => informer.list(namespace).map(bend),
    byIndex: (index, value) => informer.byIndex(index, value).map(bend),
    addIndex: (name, keys) => informer.addIndex(name, keys),
    addHandler: (handler, only) => informer.addHandler((event) => handler(bentEvent(event)), only),
    hasSynced: () => informer.hasSynced(),
    resourceVersion: () => informer.resourceVersion(),
    whenSynced: () => informer.whenSynced(),
  };
}
