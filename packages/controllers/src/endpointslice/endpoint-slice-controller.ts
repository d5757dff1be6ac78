// Keeps EndpointSlices for each Service with a selector.
import {
  type ComponentFactory,
  createController,
  createEventRecorder,
  enqueueOwner,
  isControlledBy,
  ReadGuard,
  type Request,
  requestKey,
  requestOf,
  type Result,
  watch,
} from '@holdfast/controller';
import {
  type EndpointSlice,
  ENDPOINTSLICES,
  hasReason,
  ignoreNotFound,
  isNamespaceTerminating,
  NODES,
  PODS,
  type Service,
  SERVICES,
} from '@holdfast/schema';
import { hasManagedEndpoints, podsOf } from '../service-pods/membership.ts';
import { TRIGGER_TIME_ANNOTATION, TriggerTimes } from '../service-pods/trigger-times.ts';
import { serviceAndPodWatches } from '../service-pods/watches.ts';
import { desiredGroups } from './desired.ts';
import { MANAGED_BY, MANAGED_BY_LABEL, planSlices, SERVICE_NAME_LABEL, type SlicePlan } from './plan-slices.ts';

const ZONE_LABEL = 'topology.kubernetes.io/zone';
const BY_SERVICE = 'service';
/** A pod's node that the cache does not know yet will be there soon. */
const MISSING_NODE_RETRY_MS = 1000;

export const endpointSliceController: ComponentFactory = (context) => {
  const { client, informers } = context;
  const services = informers.informer(SERVICES);
  const pods = informers.informer(PODS);
  const nodes = informers.informer(NODES);
  const slices = informers.informer(ENDPOINTSLICES);
  slices.addIndex(BY_SERVICE, (slice) => [`${slice.metadata.namespace}/${slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? ''}`]);
  const triggerTimes = new TriggerTimes();
  const guard = new ReadGuard();
  const events = createEventRecorder({ ...context, component: 'endpoint-slice-controller' });

  async function reconcile(request: Request): Promise<Result | void> {
    const key = requestKey(request);
    const service = services.get(request);
    if (!service) {
      // The slices go by their owner reference.
      triggerTimes.forget(key);
      guard.forget(key);
      return;
    }
    if (!hasManagedEndpoints(service) || !guard.isFresh(key, slices)) return;
    const members = podsOf(service, pods.list(service.metadata.namespace));
    const { groups, missingNodes } = desiredGroups(service, members, (name) => nodes.get({ name }));
    const existing = slices.byIndex(BY_SERVICE, key).filter((slice) => isOurs(slice, service));
    await act(service, planSlices(service, groups, existing), triggerTimes.next(key, service, members));
    if (missingNodes) return { requeueAfterMs: MISSING_NODE_RETRY_MS };
  }

  async function act(service: Service, plan: SlicePlan, trigger: string | undefined): Promise<void> {
    const key = requestKey(requestOf(service));
    try {
      for (const slice of plan.create) guard.wrote(key, await client.create(ENDPOINTSLICES, withTrigger(slice, trigger)));
      for (const slice of plan.update) guard.wrote(key, await client.update(ENDPOINTSLICES, withTrigger(slice, trigger)));
      for (const slice of plan.delete) {
        await client.delete(ENDPOINTSLICES, requestOf(slice)).catch(ignoreNotFound);
        guard.deleted(key, slice);
      }
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      if (!hasReason(error, 'Conflict')) {
        const { namespace, name } = service.metadata;
        const cause = error instanceof Error ? error.message : String(error);
        events.event(
          service,
          'Warning',
          'FailedToUpdateEndpointSlices',
          `Error updating Endpoint Slices for Service ${namespace}/${name}: ${cause}`,
        );
      }
      throw error;
    }
  }

  return createController({
    name: 'endpointslice',
    context,
    reconciler: { reconcile },
    watches: [
      ...serviceAndPodWatches(context),
      watch(slices, enqueueOwner(SERVICES)),
      watch(
        nodes,
        () => services.list().map(requestOf),
        (event) => event.type !== 'updated' || event.object.metadata.labels?.[ZONE_LABEL] !== event.old.metadata.labels?.[ZONE_LABEL],
      ),
    ],
    concurrency: 5,
  });
};

function isOurs(slice: EndpointSlice, service: Service): boolean {
  return (
    slice.metadata.labels?.[MANAGED_BY_LABEL] === MANAGED_BY &&
    slice.metadata.deletionTimestamp === undefined &&
    isControlledBy(slice, service)
  );
}

function withTrigger(slice: EndpointSlice, trigger: string | undefined): EndpointSlice {
  // A write that no known change set off carries no time.
  const { [TRIGGER_TIME_ANNOTATION]: _old, ...kept } = slice.metadata.annotations ?? {};
  const annotations = { ...kept, ...(trigger === undefined ? {} : { [TRIGGER_TIME_ANNOTATION]: trigger }) };
  return { ...slice, metadata: { ...slice.metadata, annotations } };
}
