// When the change happened that endpoints are written for: users measure programming latency by it.
import type { Pod, Service } from '@holdfast/schema';

export const TRIGGER_TIME_ANNOTATION = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Upstream's TriggerTimeTracker: the oldest change since the last look, by the times that objects carry. */
export class TriggerTimes {
  readonly #seen = new Map<string, { readonly service: string; readonly pods: ReadonlyMap<string, string> }>();

  /** RFC 3339 time of the oldest change of the Service or its pods since the last call; undefined when nothing is known. */
  next(key: string, service: Service, pods: readonly Pod[]): string | undefined {
    const old = this.#seen.get(key);
    const created = service.metadata.creationTimestamp ?? '';
    const current = new Map(pods.map((pod) => [pod.metadata.name ?? '', readyTransition(pod)]));
    this.#seen.set(key, { service: created, pods: current });
    const changed = [...current].filter(([name, time]) => time > (old?.pods.get(name) ?? '')).map(([, time]) => time);
    if (created > (old?.service ?? '')) changed.push(created);
    return changed.filter((time) => time !== '').toSorted()[0];
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}

function readyTransition(pod: Pod): string {
  return pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '';
}
