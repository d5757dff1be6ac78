// The names of a cluster and what they stand for: kubernetes/dns specification, as CoreDNS answers it. Pure.
import type { Answer } from 'dns-packet';
import type { Endpoint, EndpointSlice, Service } from '@holdfast/schema';
import { SERVICE_LABEL } from '../network/endpoint-choice.ts';

/** Reads of the caches that names are answered from. */
export interface ZoneSource {
  service(namespace: string, name: string): Service | undefined;
  slices(namespace: string, service: string): readonly EndpointSlice[];
  namespaceExists(namespace: string): boolean;
  /** Services with this cluster address. */
  servicesByAddress(address: string): readonly Service[];
  /** Slices that hold this address. */
  slicesByAddress(address: string): readonly EndpointSlice[];
}

/** What a question gets. `nodata`: the name exists but has nothing of the type; `refused`: the name is not the cluster's. */
export interface ZoneAnswer {
  readonly kind: 'found' | 'nodata' | 'nxdomain' | 'refused';
  readonly answers: readonly Answer[];
  readonly additionals: readonly Answer[];
}

/** CoreDNS's default for its kubernetes plugin; short, because pods of a lab come and go. */
export const TTL_SECONDS = 5;

const NXDOMAIN: ZoneAnswer = { kind: 'nxdomain', answers: [], additionals: [] };
const REFUSED: ZoneAnswer = { kind: 'refused', answers: [], additionals: [] };

interface NamedEndpoint {
  readonly label: string;
  readonly address: string;
  readonly slice: EndpointSlice;
}

/**
 * Answers one question. Besides full names it takes '<service>.<namespace>' and '<pod>.<service>.<namespace>', with or without
 * '.svc': a container gets these completed by the search list of its resolv.conf, which programs of the process runtime, being
 * host processes, do not have.
 */
export function answerQuestion(question: string, type: string, source: ZoneSource, domain: string): ZoneAnswer {
  const name = question.replace(/\.$/, '').toLowerCase();
  if (name.endsWith('.in-addr.arpa')) return reverse(name, type, source, domain);
  const labels = name.split('.');
  const full = name === domain || name.endsWith(`.${domain}`);
  const inner = full ? labels.slice(0, labels.length - domain.split('.').length) : labels;
  if (full && inner.length === 0) return nodata();
  if (full && name === `dns-version.${domain}`)
    return type === 'TXT' ? found([{ name, type: 'TXT', ttl: TTL_SECONDS, data: '1.1.0' }]) : nodata();
  const kind = inner.at(-1);
  if (kind === 'pod' && full) return podAddress(name, type, inner.slice(0, -1), source);
  if (kind === 'svc') return service(name, type, inner.slice(0, -1), source, domain);
  if (full) return NXDOMAIN;
  // A short form is answered only where the cluster has such a namespace: 'example.com' is somebody else's.
  if (inner.length >= 2 && source.namespaceExists(inner.at(-1) ?? '')) return service(name, type, inner, source, domain);
  return REFUSED;
}

/** `labels` is what stands before '.svc': [..., service, namespace]. */
function service(name: string, type: string, labels: readonly string[], source: ZoneSource, domain: string): ZoneAnswer {
  const namespace = labels.at(-1) ?? '';
  const serviceName = labels.at(-2);
  if (serviceName === undefined) return source.namespaceExists(namespace) ? nodata() : NXDOMAIN;
  const object = source.service(namespace, serviceName);
  if (!object) return NXDOMAIN;
  const rest = labels.slice(0, -2);
  const base = `${serviceName}.${namespace}.svc.${domain}`;
  if (object.spec?.type === 'ExternalName') {
    const target = object.spec.externalName;
    return rest.length > 0 || !target ? NXDOMAIN : found([{ name, type: 'CNAME', ttl: TTL_SECONDS, data: target }]);
  }
  const headless = object.spec?.clusterIP === 'None';
  const endpoints = headless ? readyEndpoints(source.slices(namespace, serviceName)) : [];
  if (rest.length === 0) {
    if (headless)
      return endpoints.length > 0
        ? addresses(
            name,
            type,
            endpoints.map(({ address }) => address),
          )
        : NXDOMAIN;
    return object.spec?.clusterIP ? addresses(name, type, [object.spec.clusterIP]) : NXDOMAIN;
  }
  if (rest.length === 2 && rest[0]?.startsWith('_') && rest[1]?.startsWith('_')) {
    return serviceRecords(name, type, rest[0].slice(1), rest[1].slice(1), object, endpoints, base);
  }
  const own = rest.length === 1 ? endpoints.filter(({ label }) => label === rest[0]) : [];
  return own.length > 0
    ? addresses(
        name,
        type,
        own.map(({ address }) => address),
      )
    : NXDOMAIN;
}

function serviceRecords(
  name: string,
  type: string,
  port: string,
  protocol: string,
  object: Service,
  endpoints: readonly NamedEndpoint[],
  base: string,
): ZoneAnswer {
  const same = (candidate: { readonly name?: string | undefined; readonly protocol?: string | undefined }): boolean =>
    candidate.name === port && (candidate.protocol ?? 'TCP').toLowerCase() === protocol;
  const targets =
    object.spec?.clusterIP === 'None'
      ? endpoints.flatMap(({ label, address, slice }) => {
          const number = slice.ports?.find(same)?.port;
          return number === undefined ? [] : [{ port: number, target: `${label}.${base}`, address }];
        })
      : (object.spec?.ports ?? []).filter(same).map((found) => ({ port: found.port, target: base, address: object.spec?.clusterIP ?? '' }));
  if (targets.length === 0) return NXDOMAIN;
  if (type !== 'SRV') return nodata();
  const weight = Math.floor(100 / targets.length);
  return {
    kind: 'found',
    answers: targets.map(({ port: number, target }) => ({
      name,
      type: 'SRV',
      ttl: TTL_SECONDS,
      data: { priority: 0, weight, port: number, target },
    })),
    additionals: targets.map(({ target, address }) => ({ name: target, type: 'A', ttl: TTL_SECONDS, data: address })),
  };
}

/** '10-1-2-3.<namespace>.pod': the address that the name spells out. */
function podAddress(name: string, type: string, labels: readonly string[], source: ZoneSource): ZoneAnswer {
  const [dashed = '', namespace = ''] = labels;
  if (labels.length !== 2 || !source.namespaceExists(namespace) || !/^\d{1,3}(-\d{1,3}){3}$/.test(dashed)) return NXDOMAIN;
  return addresses(name, type, [dashed.replaceAll('-', '.')]);
}

function reverse(name: string, type: string, source: ZoneSource, domain: string): ZoneAnswer {
  const address = name.slice(0, -'.in-addr.arpa'.length).split('.').toReversed().join('.');
  const services = source.servicesByAddress(address).map(({ metadata }) => `${metadata.name}.${metadata.namespace}.svc.${domain}`);
  const pods = source.slicesByAddress(address).flatMap((slice) =>
    readyEndpoints([slice])
      .filter((endpoint) => endpoint.address === address)
      .map(({ label }) => `${label}.${slice.metadata.labels?.[SERVICE_LABEL]}.${slice.metadata.namespace}.svc.${domain}`),
  );
  const names = [...new Set([...services, ...pods])];
  if (names.length === 0) return NXDOMAIN;
  return type === 'PTR' ? found(names.map((data) => ({ name, type: 'PTR', ttl: TTL_SECONDS, data }))) : nodata();
}

function readyEndpoints(slices: readonly EndpointSlice[]): readonly NamedEndpoint[] {
  return slices.flatMap((slice) =>
    (slice.endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready ?? true)
      .flatMap((endpoint) => endpoint.addresses.map((address) => ({ label: labelOf(endpoint, address), address, slice }))),
  );
}

function labelOf({ hostname }: Endpoint, address: string): string {
  return hostname || address.replaceAll('.', '-');
}

function addresses(name: string, type: string, list: readonly string[]): ZoneAnswer {
  if (type !== 'A' && type !== 'ANY') return nodata();
  return found([...new Set(list)].map((data) => ({ name, type: 'A', ttl: TTL_SECONDS, data })));
}

function found(answers: readonly Answer[]): ZoneAnswer {
  return { kind: 'found', answers, additionals: [] };
}

function nodata(): ZoneAnswer {
  return { kind: 'nodata', answers: [], additionals: [] };
}
