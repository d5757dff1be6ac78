// What a pod asks of its node. Pure.
import { type Container, parseQuantity, type PodSpec, Quantity } from '@holdfast/schema';

type ResourceMap = ReadonlyMap<string, Quantity>;

/** Requests of the whole pod: the sum of what runs at once, or what an init container needs where that is more. */
export function podRequests(spec: PodSpec): ResourceMap {
  let sidecars: ResourceMap = new Map();
  let peak: ResourceMap = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = requestsOf(container);
    if (container.restartPolicy === 'Always') {
      sidecars = combine(sidecars, own, (a, b) => a.add(b));
      peak = combine(peak, sidecars, larger);
    } else
      peak = combine(
        peak,
        combine(sidecars, own, (a, b) => a.add(b)),
        larger,
      );
  }
  const running = spec.containers.map(requestsOf).reduce((sum, own) => combine(sum, own, (a, b) => a.add(b)), sidecars);
  return combine(combine(running, peak, larger), parse(spec.overhead), (a, b) => a.add(b));
}

/** Guaranteed when limits equal requests for cpu and memory everywhere, BestEffort when nothing is asked for. */
export function qosClass(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const counted = (container: Container, kind: 'limits' | 'requests'): readonly [string, Quantity][] =>
    [...parse(container.resources?.[kind])].filter(([name, quantity]) => (name === 'cpu' || name === 'memory') && !quantity.isZero());
  const any = containers.some((container) => counted(container, 'limits').length + counted(container, 'requests').length > 0);
  if (!any) return 'BestEffort';
  const guaranteed = containers.every((container) => {
    const limits = new Map(counted(container, 'limits'));
    const requests = new Map(counted(container, 'requests'));
    return limits.size === 2 && [...limits].every(([name, limit]) => limit.compare(requests.get(name) ?? limit) === 0);
  });
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** A limit without a request is a request. */
function requestsOf({ resources }: Container): ResourceMap {
  return new Map([...parse(resources?.limits), ...parse(resources?.requests)]);
}

function parse(map: Readonly<Record<string, string | number>> | undefined): ResourceMap {
  return new Map(Object.entries(map ?? {}).map(([name, quantity]) => [name, parseQuantity(quantity)]));
}

function combine(a: ResourceMap, b: ResourceMap, join: (a: Quantity, b: Quantity) => Quantity): ResourceMap {
  const result = new Map(a);
  for (const [name, quantity] of b) {
    const before = result.get(name);
    result.set(name, before ? join(before, quantity) : quantity);
  }
  return result;
}

function larger(a: Quantity, b: Quantity): Quantity {
  return a.compare(b) >= 0 ? a : b;
}
