// What pods ask for and nodes have, as plain numbers: cpu in thousandths, everything else in units.
import { type Container, parseQuantity, type Pod, podTotal } from '@holdfast/schema';

export type Resources = Readonly<Record<string, number>>;

/** Assumed for scoring when a pod asks for nothing, so that such pods spread too (upstream's). */
const DEFAULT_CPU = 100;
const DEFAULT_MEMORY = 200 * 1024 * 1024;

/** Parses a resource list. */
export function resources(list: Readonly<Record<string, string | number>> | undefined): Resources {
  return Object.fromEntries(Object.entries(list ?? {}).map(([name, text]) => [name, amount(name, text)]));
}

/** What a pod takes of its node: containers together, or the hungriest init container, plus overhead. */
export function podRequests(pod: Pod): Resources {
  return requestsOf(pod, (container) => resources(container.resources?.requests));
}

/** As podRequests, with a little assumed for containers that ask for no cpu or memory. */
export function podRequestsForScoring(pod: Pod): Resources {
  return requestsOf(pod, (container) => ({ cpu: DEFAULT_CPU, memory: DEFAULT_MEMORY, ...resources(container.resources?.requests) }));
}

export function add(a: Resources, b: Resources): Resources {
  return combine(a, b, (x, y) => x + y);
}

export function subtract(a: Resources, b: Resources): Resources {
  return combine(a, b, (x, y) => x - y);
}

function requestsOf(pod: Pod, requests: (container: Container) => Resources): Resources {
  const max = (a: Resources, b: Resources): Resources => combine(a, b, Math.max);
  return add(podTotal(pod, requests, { none: {}, add, max }), resources(pod.spec?.overhead));
}

function combine(a: Resources, b: Resources, op: (x: number, y: number) => number): Resources {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, op(a[name] ?? 0, b[name] ?? 0)]));
}

function amount(name: string, text: string | number): number {
  const quantity = parseQuantity(text);
  return name === 'cpu' ? quantity.milliValue() : quantity.value();
}
