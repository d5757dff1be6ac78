// Whether Services say where their pods are.
import { isConditionTrue } from '@holdfast/controller';
import { ENDPOINTSLICES, labelSet, PODS, SERVICES } from '@holdfast/schema';
import type { Simulation } from '../simulation.ts';
import { NAMESPACE } from './workloads/pod-template.ts';

/** Services whose slices do not list exactly the ready pods (all pods that run, where those count too), in sentences. */
export function wrongEndpoints(sim: Simulation): readonly string[] {
  const pods = sim.list(PODS);
  const slices = sim.list(ENDPOINTSLICES);
  return sim
    .list(SERVICES)
    .filter(({ metadata, spec }) => metadata.namespace === NAMESPACE && spec?.selector !== undefined)
    .flatMap(({ metadata, spec }) => {
      const selected = labelSet(spec?.selector ?? {});
      const wanted = pods
        .filter((pod) => selected.matches(pod.metadata.labels) && pod.metadata.namespace === metadata.namespace && pod.status?.podIP)
        .filter((pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed')
        .filter(
          (pod) => spec?.publishNotReadyAddresses || (!pod.metadata.deletionTimestamp && isConditionTrue(pod.status?.conditions, 'Ready')),
        )
        .map((pod) => `${pod.metadata.name} at ${pod.status?.podIP}`);
      const listed = slices
        .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name)
        .flatMap((slice) => slice.endpoints ?? [])
        .filter(({ conditions }) => conditions?.ready)
        .map(({ addresses, targetRef }) => `${targetRef?.name} at ${addresses.join(', ')}`);
      const missing = wanted.filter((one) => !listed.includes(one));
      const stale = listed.filter((one, index) => !wanted.includes(one) || listed.indexOf(one) !== index);
      return [
        ...missing.map((one) => `the slices of service ${metadata.name} lack ${one}`),
        ...stale.map((one) => `the slices of service ${metadata.name} list ${one}, which is not ready there`),
      ];
    });
}
