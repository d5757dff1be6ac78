// Defaults that are more than a value at a path: per key, per element, or member by member. Each is named by type and path
// as in the table; a test checks that the table has the entry.
import { isRecord, setMember } from '../deep.ts';
import { at, isNil, isUnset } from './conditions.ts';

type Values = Readonly<Record<string, unknown>>;
type Procedure = (holder: Values) => Values;

const CORE = 'io.k8s.api.core.v1';

/** Procedures by type and path. Each returns the same object when there is nothing to do. */
export const PROCEDURES: Readonly<Record<string, Procedure>> = {
  [`${CORE}.Pod spec.containers[].resources.requests{}`]: (pod) => requestsFromLimits(pod, 'containers'),
  [`${CORE}.Pod spec.initContainers[].resources.requests{}`]: (pod) => requestsFromLimits(pod, 'initContainers'),
  [`${CORE}.Pod spec.containers[].ports[].hostPort`]: (pod) => hostPorts(pod, 'containers'),
  [`${CORE}.Pod spec.initContainers[].ports[].hostPort`]: (pod) => hostPorts(pod, 'initContainers'),
  [`${CORE}.Service spec.ports[].targetPort`]: targetPorts,
  [`${CORE}.Service status.loadBalancer.ingress[].ipMode`]: ingressModes,
  [`${CORE}.LimitRangeItem default`]: limitDefaults,
  [`${CORE}.LimitRangeItem defaultRequest`]: limitDefaultRequests,
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler spec.behavior.scaleUp': (hpa) => scalingRules(hpa, 'scaleUp', SCALE_UP),
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler spec.behavior.scaleDown': (hpa) => scalingRules(hpa, 'scaleDown', SCALE_DOWN),
};

const PERCENT_POLICY = { type: 'Percent', value: 100, periodSeconds: 15 };
const SCALE_UP = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, PERCENT_POLICY],
};
const SCALE_DOWN = { selectPolicy: 'Max', policies: [PERCENT_POLICY] };

/** A container's limits are its requests where it states none. */
function requestsFromLimits(pod: Values, list: string): Values {
  return mapList(pod, ['spec', list], (container) => {
    const limits = at(container, 'resources.limits');
    if (!isRecord(limits)) return container;
    const requests = at(container, 'resources.requests');
    const filled = fillKeys(isRecord(requests) ? requests : {}, limits);
    return filled === requests ? container : replaceIn(container, ['resources', 'requests'], () => filled);
  });
}

/** On the host's network a port is the host's port. */
function hostPorts(pod: Values, list: string): Values {
  if (at(pod, 'spec.hostNetwork') !== true) return pod;
  return mapList(pod, ['spec', list], (container) =>
    mapList(container, ['ports'], (port) => (isUnset(port['hostPort']) ? { ...port, hostPort: port['containerPort'] } : port)),
  );
}

function targetPorts(service: Values): Values {
  return mapList(service, ['spec', 'ports'], (port) => (isUnset(port['targetPort']) ? { ...port, targetPort: port['port'] } : port));
}

function ingressModes(service: Values): Values {
  if (at(service, 'spec.type') !== 'LoadBalancer') return service;
  return mapList(service, ['status', 'loadBalancer', 'ingress'], (ingress) =>
    isNil(ingress['ipMode']) && !isUnset(ingress['ip']) ? { ...ingress, ipMode: 'VIP' } : ingress,
  );
}

function limitDefaults(item: Values): Values {
  if (item['type'] !== 'Container') return item;
  const limits = fillKeys(recordOf(item['default']), recordOf(item['max']));
  return limits === item['default'] || isUnset(limits) ? item : { ...item, default: limits };
}

function limitDefaultRequests(item: Values): Values {
  if (item['type'] !== 'Container') return item;
  const requests = fillKeys(fillKeys(recordOf(item['defaultRequest']), recordOf(item['default'])), recordOf(item['min']));
  return requests === item['defaultRequest'] || isUnset(requests) ? item : { ...item, defaultRequest: requests };
}

function scalingRules(hpa: Values, direction: string, defaults: Values): Values {
  if (!isRecord(at(hpa, 'spec.behavior'))) return hpa;
  return replaceIn(hpa, ['spec', 'behavior', direction], (rules) => fillKeys(recordOf(rules), defaults));
}

/** `values` with the members of `more` that it lacks; the same object when it lacks none. */
function fillKeys(values: Values, more: Values): Values {
  const missing = Object.keys(more).filter((key) => isNil(values[key]));
  if (missing.length === 0) return values;
  const filled: Record<string, unknown> = { ...values };
  for (const key of missing) setMember(filled, key, more[key]);
  return filled;
}

function recordOf(value: unknown): Values {
  return isRecord(value) ? value : {};
}

/** Replaces the member at a path of objects; the same object when the member stays what it is. */
export function replaceIn(holder: Values, path: readonly string[], change: (value: unknown) => unknown): Values {
  const [first = '', ...rest] = path;
  const before = holder[first];
  const after = rest.length === 0 ? change(before) : replaceIn(recordOf(before), rest, change);
  return after === before ? holder : { ...holder, [first]: after };
}

/** Changes the objects of a list at a path; the same object when none changes or there is no list. */
function mapList(holder: Values, path: readonly string[], change: (item: Values) => Values): Values {
  const list = at(holder, path.join('.'));
  if (!Array.isArray(list)) return holder;
  let changed = false;
  const items = list.map((item: unknown) => {
    if (!isRecord(item)) return item;
    const after = change(item);
    changed ||= after !== item;
    return after;
  });
  return changed ? replaceIn(holder, path, () => items) : holder;
}
