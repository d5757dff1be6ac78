// LimitRanger: pods get a namespace's default requests and limits; pods and claims are held to its bounds (upstream's plug-in).
import {
  amountsOf,
  type Amounts,
  type Container,
  forbidden,
  type KubeObject,
  type LimitRange,
  type LimitRangeItem,
  type PersistentVolumeClaim,
  type Pod,
  podAmounts,
  type Quantity,
} from '@holdfast/schema';
import type { ServerContext } from '../core/server-context.ts';
import type { AdmissionPlugin, Attributes } from './plugin.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';

/** Gives new pods what they do not state. */
export const limitDefaults: AdmissionPlugin = (server, attributes) => {
  const { definition, operation, object, namespace, subresource } = attributes;
  if (definition.storagePrefix !== 'core/pods' || operation !== 'CREATE' || subresource !== '') return object;
  return limitRanges(server, namespace).reduce((pod, range) => withDefaults(pod as Pod & KubeObject, range), object);
};

/** Throws Forbidden (403) for a pod or claim that is out of bounds; all reasons in one. */
export function checkLimits(server: ServerContext, { definition, operation, object, old, name, namespace, subresource }: Attributes): void {
  const pods = definition.storagePrefix === 'core/pods' && operation === 'CREATE';
  const claims = definition.storagePrefix === 'core/persistentvolumeclaims' && (operation === 'CREATE' || operation === 'UPDATE');
  if (subresource !== '' || (!pods && !claims) || old?.metadata.deletionTimestamp) return;
  for (const range of limitRanges(server, namespace)) {
    const problems = (range.spec?.limits ?? []).flatMap((limit) =>
      pods ? podProblems(object as Pod, limit) : claimProblems(object as PersistentVolumeClaim, limit),
    );
    if (problems.length === 1) throw forbidden(definition, name, problems[0] ?? '');
    if (problems.length > 1) throw forbidden(definition, name, `[${[...new Set(problems)].join(', ')}]`);
  }
}

function limitRanges(server: ServerContext, namespace: string): readonly LimitRange[] {
  const prefix = `core/limitranges/${namespace}/`;
  if (server.store.count(prefix) === 0) return [];
  return server.store.list(prefix).entries.map((entry) => entry.value as LimitRange);
}

function withDefaults(pod: Pod & KubeObject, { spec }: LimitRange): Pod & KubeObject {
  const limits = (spec?.limits ?? []).filter(({ type }) => type === 'Container');
  const requests = Object.assign({}, ...limits.map((limit) => limit.defaultRequest)) as NonNullable<LimitRangeItem['default']>;
  const upper = Object.assign({}, ...limits.map((limit) => limit.default)) as NonNullable<LimitRangeItem['default']>;
  const notes: string[] = [];
  const filled = (container: Container, what: string): Container => {
    const { resources } = container;
    const missing = (defaults: typeof upper, given: typeof upper | undefined, word: string): typeof upper => {
      const names = Object.keys(defaults).filter((name) => given?.[name] === undefined);
      if (names.length > 0) notes.push(`${names.toSorted().join(', ')} ${word} for ${what} ${container.name}`);
      return { ...given, ...Object.fromEntries(names.map((name) => [name, defaults[name] ?? '0'])) };
    };
    const filledRequests = missing(requests, resources?.requests, 'request');
    const filledLimits = missing(upper, resources?.limits, 'limit');
    return {
      ...container,
      resources: {
        ...resources,
        ...(Object.keys(filledLimits).length > 0 ? { limits: filledLimits } : {}),
        ...(Object.keys(filledRequests).length > 0 ? { requests: filledRequests } : {}),
      },
    };
  };
  if (!pod.spec) return pod;
  const containers = pod.spec.containers.map((container) => filled(container, 'container'));
  const initContainers = pod.spec.initContainers?.map((container) => filled(container, 'init container'));
  if (notes.length === 0) return pod;
  const annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}` };
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations },
    spec: { ...pod.spec, containers, ...(initContainers ? { initContainers } : {}) },
  };
}

function podProblems(pod: Pod, limit: LimitRangeItem): readonly string[] {
  if (limit.type === 'Pod') return problemsOf(limit, podAmounts(pod, 'requests'), podAmounts(pod, 'limits'));
  if (limit.type !== 'Container') return [];
  return [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].flatMap(({ resources }) =>
    problemsOf(limit, amountsOf(resources?.requests), amountsOf(resources?.limits)),
  );
}

function claimProblems({ spec }: PersistentVolumeClaim, limit: LimitRangeItem): readonly string[] {
  if (limit.type !== 'PersistentVolumeClaim') return [];
  const requests = amountsOf(spec?.resources?.requests);
  return [
    ...each(limit.min, (name, bound) => below(limit.type, name, bound, requests[name], undefined)),
    ...each(limit.max, (name, bound) => most(limit.type, name, bound, 'request', requests[name])),
  ];
}

function problemsOf({ type, min, max, maxLimitRequestRatio }: LimitRangeItem, requests: Amounts, limits: Amounts): readonly string[] {
  return [
    ...each(min, (name, bound) => below(type, name, bound, requests[name], limits[name])),
    ...each(max, (name, bound) => above(type, name, bound, requests[name], limits[name])),
    ...each(maxLimitRequestRatio, (name, bound) => ratio(type, name, bound, requests[name], limits[name])),
  ];
}

function below(
  type: string,
  name: string,
  bound: Quantity,
  request: Quantity | undefined,
  limit: Quantity | undefined,
): string | undefined {
  const words = `minimum ${name} usage per ${type} is ${bound.toString()}`;
  if (!request) return `${words}.  No request is specified`;
  if (request.compare(bound) < 0) return `${words}, but request is ${request.toString()}`;
  return limit && limit.compare(bound) < 0 ? `${words}, but limit is ${limit.toString()}` : undefined;
}

function above(
  type: string,
  name: string,
  bound: Quantity,
  request: Quantity | undefined,
  limit: Quantity | undefined,
): string | undefined {
  return most(type, name, bound, 'limit', limit) ?? (request && most(type, name, bound, 'request', request));
}

/** A stated amount that has to be there, and at most the bound. */
function most(type: string, name: string, bound: Quantity, what: 'request' | 'limit', stated: Quantity | undefined): string | undefined {
  const words = `maximum ${name} usage per ${type} is ${bound.toString()}`;
  if (!stated) return `${words}.  No ${what} is specified`;
  return stated.compare(bound) > 0 ? `${words}, but ${what} is ${stated.toString()}` : undefined;
}

function ratio(
  type: string,
  name: string,
  bound: Quantity,
  request: Quantity | undefined,
  limit: Quantity | undefined,
): string | undefined {
  const words = `${name} max limit to request ratio per ${type} is ${bound.toString()}`;
  if (!request || request.isZero()) return `${words}, but no request is specified or request is 0`;
  if (!limit || limit.isZero()) return `${words}, but no limit is specified or limit is 0`;
  const provided = limit.milliValue() / request.milliValue();
  return provided * 1000 > bound.milliValue() ? `${words}, but provided ratio is ${provided.toFixed(6)}` : undefined;
}

function each(bounds: LimitRangeItem['max'], problem: (name: string, bound: Quantity) => string | undefined): readonly string[] {
  const amounts = amountsOf(bounds);
  return Object.keys(amounts)
    .toSorted()
    .flatMap((name) => {
      const bound = amounts[name];
      return (bound && problem(name, bound)) ?? [];
    });
}
