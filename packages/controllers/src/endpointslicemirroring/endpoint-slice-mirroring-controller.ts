// Keeps EndpointSlices for Endpoints that somebody wrote for a Service without selector: a database that runs elsewhere.
import {
  type ComponentFactory,
  createController,
  createEventRecorder,
  enqueueMapped,
  enqueueSelf,
  ReadGuard,
  type Request,
  requestKey,
  requestOf,
  watch,
} from '@holdfast/controller';
import {
  ENDPOINTS,
  type Endpoints,
  type EndpointSlice,
  ENDPOINTSLICES,
  ignoreNotFound,
  isNamespaceTerminating,
  SERVICES,
} from '@holdfast/schema';
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from '../endpointslice/plan-slices.ts';
import { isMirrored, MAX_ADDRESSES, MIRRORED_BY, type MirrorPlan, planMirrors } from './plan-mirrors.ts';

const BY_SOURCE = 'mirrored endpoints';

export const endpointSliceMirroringController: ComponentFactory = (context) => {
  const { client, informers } = context;
  const services = informers.informer(SERVICES);
  const endpoints = informers.informer(ENDPOINTS);
  const slices = informers.informer(ENDPOINTSLICES);
  slices.addIndex(BY_SOURCE, (slice) => (isOurs(slice) ? [requestKey(sourceOf(slice))] : []));
  const guard = new ReadGuard();
  const events = createEventRecorder({ ...context, component: 'endpoint-slice-mirroring-controller' });

  async function reconcile(request: Request): Promise<void> {
    const key = requestKey(request);
    if (!guard.isFresh(key, slices)) return;
    const source = endpoints.get(request);
    const existing = slices.byIndex(BY_SOURCE, key).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (!source || !isMirrored(source) || !isWithoutSelector(request)) {
      for (const slice of existing) await remove(key, slice);
      if (existing.length === 0) guard.forget(key);
      return;
    }
    await act(key, source, planMirrors(source, existing));
  }

  function isWithoutSelector(request: Request): boolean {
    const service = services.get(request);
    return service !== undefined && service.spec?.selector === undefined;
  }

  async function act(key: string, source: Endpoints, plan: MirrorPlan): Promise<void> {
    if (plan.invalid > 0)
      events.event(source, 'Warning', 'InvalidIPAddress', `Skipped ${plan.invalid} invalid IP addresses when mirroring to EndpointSlices`);
    if (plan.skipped > plan.invalid) {
      events.event(
        source,
        'Warning',
        'TooManyAddressesToMirror',
        `A max of ${MAX_ADDRESSES} addresses can be mirrored to EndpointSlices per Endpoints subset. ${plan.skipped} addresses were skipped`,
      );
    }
    try {
      // No more are made for what is on its way out.
      const create = source.metadata.deletionTimestamp ? [] : plan.create;
      for (const slice of create) guard.wrote(key, await client.create(ENDPOINTSLICES, slice));
      for (const slice of plan.update) guard.wrote(key, await client.update(ENDPOINTSLICES, slice));
      for (const slice of plan.delete) await remove(key, slice);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      throw error;
    }
  }

  async function remove(key: string, slice: EndpointSlice): Promise<void> {
    await client.delete(ENDPOINTSLICES, requestOf(slice)).catch(ignoreNotFound);
    guard.deleted(key, slice);
  }

  return createController({
    name: 'endpointslicemirroring',
    context,
    reconciler: { reconcile },
    watches: [
      watch(endpoints, enqueueSelf, (event) => isMirrored(event.object) || (event.type === 'updated' && isMirrored(event.old))),
      watch(services, enqueueSelf),
      watch(
        slices,
        enqueueMapped<EndpointSlice>((slice) => (isOurs(slice) ? [sourceOf(slice)] : [])),
      ),
    ],
    concurrency: 5,
  });
};

function isOurs({ metadata }: EndpointSlice): boolean {
  return metadata.labels?.[MANAGED_BY_LABEL] === MIRRORED_BY && metadata.labels[SERVICE_NAME_LABEL] !== undefined;
}

/** The Endpoints that a slice of ours says the same as. */
function sourceOf({ metadata }: EndpointSlice): Request {
  const name = metadata.labels?.[SERVICE_NAME_LABEL] ?? '';
  return metadata.namespace === undefined ? { name } : { namespace: metadata.namespace, name };
}
