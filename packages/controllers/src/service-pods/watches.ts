// What wakes a controller of endpoints.
import { type ComponentContext, enqueueMapped, enqueueSelf, requestOf, type Watch, watch } from '@holdfast/controller';
import { type Pod, PODS, SERVICES } from '@holdfast/schema';
import { changesEndpoints, servicesOf } from './membership.ts';

/** Services, and pods as they become or cease to be, or change, members of one. */
export function serviceAndPodWatches({ informers }: Pick<ComponentContext, 'informers'>): readonly Watch[] {
  const services = informers.informer(SERVICES);
  const pods = informers.informer(PODS);
  const toServices = enqueueMapped<Pod>((pod) => servicesOf(pod, services.list(pod.metadata.namespace)).map(requestOf));
  return [watch(services, enqueueSelf), watch(pods, toServices, changesEndpoints)];
}
