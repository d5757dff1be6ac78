// Keeps one Endpoints object, named as the Service, for each Service with a selector.
import { type ComponentFactory, createController, createEventRecorder, type Request, requestKey, type Result } from '@holdfast/controller';
import {
  deepEqual,
  ENDPOINTS,
  type Endpoints,
  hasReason,
  ignoreNotFound,
  isNamespaceTerminating,
  PODS,
  type Service,
  SERVICES,
} from '@holdfast/schema';
import { hasManagedEndpoints, isHeadless, podsOf } from '../service-pods/membership.ts';
import { TRIGGER_TIME_ANNOTATION, TriggerTimes } from '../service-pods/trigger-times.ts';
import { serviceAndPodWatches } from '../service-pods/watches.ts';
import { buildSubsets } from './build-subsets.ts';

const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const OVER_CAPACITY_ANNOTATION = 'endpoints.kubernetes.io/over-capacity';

export const endpointsController: ComponentFactory = (context) => {
  const { client, informers } = context;
  const services = informers.informer(SERVICES);
  const pods = informers.informer(PODS);
  const endpoints = informers.informer(ENDPOINTS);
  const triggerTimes = new TriggerTimes();
  const events = createEventRecorder({ ...context, component: 'endpoint-controller' });

  async function reconcile(request: Request): Promise<Result | void> {
    const service = services.get(request);
    if (!service) {
      triggerTimes.forget(requestKey(request));
      // Endpoints carry no owner reference: they go with the name.
      if (endpoints.get(request)) await client.delete(ENDPOINTS, request).catch(ignoreNotFound);
      return;
    }
    if (!hasManagedEndpoints(service)) return;
    const members = podsOf(service, pods.list(service.metadata.namespace));
    const trigger = triggerTimes.next(requestKey(request), service, members);
    const current = endpoints.get(request);
    const desired = desiredEndpoints(service, current, buildSubsets(service, members), trigger);
    if (desired === current) return;
    await write(service, current, desired);
  }

  async function write(service: Service, current: Endpoints | undefined, desired: Endpoints): Promise<void> {
    try {
      await (current ? client.update(ENDPOINTS, desired) : client.create(ENDPOINTS, desired));
    } catch (error) {
      // The namespace is going: nothing more can be created in it.
      if (isNamespaceTerminating(error)) return;
      const reference = `${service.metadata.namespace}/${service.metadata.name}: ${error instanceof Error ? error.message : String(error)}`;
      if (!hasReason(error, 'Conflict') && !hasReason(error, 'AlreadyExists')) {
        if (current) events.event(service, 'Warning', 'FailedToUpdateEndpoint', `Failed to update endpoint ${reference}`);
        else events.event(service, 'Warning', 'FailedToCreateEndpoint', `Failed to create endpoint for service ${reference}`);
      }
      throw error;
    }
  }

  return createController({ name: 'endpoint', context, reconciler: { reconcile }, watches: serviceAndPodWatches(context), concurrency: 5 });
};

/** The object to write; `current` itself when nothing differs. */
function desiredEndpoints(
  service: Service,
  current: Endpoints | undefined,
  { subsets, truncated }: ReturnType<typeof buildSubsets>,
  trigger: string | undefined,
): Endpoints {
  const labels = { ...service.metadata.labels, ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}) };
  // An update that no known change set off carries no time.
  const { [OVER_CAPACITY_ANNOTATION]: capacity, [TRIGGER_TIME_ANNOTATION]: _old, ...kept } = current?.metadata.annotations ?? {};
  const same =
    current &&
    deepEqual(current.subsets ?? [], subsets) &&
    deepEqual(current.metadata.labels ?? {}, labels) &&
    (capacity !== undefined) === truncated;
  if (same) return current;
  const annotations = {
    ...kept,
    ...(trigger ? { [TRIGGER_TIME_ANNOTATION]: trigger } : {}),
    ...(truncated ? { [OVER_CAPACITY_ANNOTATION]: 'truncated' } : {}),
  };
  const { name, namespace } = service.metadata;
  return { metadata: { ...(current?.metadata ?? { name, namespace }), labels, annotations }, subsets };
}
