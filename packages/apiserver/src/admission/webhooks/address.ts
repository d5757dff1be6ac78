// Where a webhook is: at a URL, or behind a Service of the cluster, of which a ready endpoint is taken.
import {
  type AdmissionregistrationV1WebhookClientConfig as ClientConfig,
  type Endpoints,
  type EndpointSlice,
  type KubeObject,
  type Service,
} from '@holdfast/schema';
import type { ServerContext } from '../../core/server-context.ts';

/** Where to connect to, and under which name the webhook answers. */
export interface Address {
  /** As errors name it: 'https://hook.ns.svc:443/path?timeout=10s'. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The name that its certificate must be for. */
  readonly serverName: string;
}

type Found = { readonly host: string; readonly port: number };

const HTTPS = 443;

/** The URL of a webhook with its timeout, and how it is reached: an answer as text says why it cannot be. */
export function addressOf(
  server: Pick<ServerContext, 'store' | 'random'>,
  { url, service }: ClientConfig,
  timeoutSeconds: number,
): { readonly url: string; readonly found: Address | string } {
  const timeout = `timeout=${timeoutSeconds}s`;
  if (service) {
    const { name, namespace, path = '', port = HTTPS } = service;
    const serverName = `${name}.${namespace}.svc`;
    const whole = `https://${serverName}:${port}${path.startsWith('/') ? path : `/${path}`}?${timeout}`;
    const found = endpointOf(server, namespace, name, port);
    return { url: whole, found: typeof found === 'string' ? found : { ...found, url: whole, serverName } };
  }
  if (!URL.canParse(url ?? '')) return { url: url ?? '', found: 'the configuration has neither a valid url nor a service' };
  const parsed = new URL(url ?? '');
  const whole = `${url}${parsed.search === '' ? '?' : '&'}${timeout}`;
  const host = parsed.hostname.replaceAll(/^\[|\]$/g, '');
  return { url: whole, found: { url: whole, host, port: parsed.port === '' ? HTTPS : Number(parsed.port), serverName: host } };
}

function endpointOf(
  { store, random }: Pick<ServerContext, 'store' | 'random'>,
  namespace: string,
  name: string,
  wanted: number,
): Found | string {
  const service = store.get(`core/services/${namespace}/${name}`)?.value as (KubeObject & Service) | undefined;
  if (!service) return `service ${JSON.stringify(name)} not found`;
  if (service.spec?.type === 'ExternalName') return { host: service.spec.externalName ?? '', port: wanted };
  const port = service.spec?.ports?.find((one) => one.port === wanted);
  if (!port) return `no service port ${wanted} found for service ${JSON.stringify(name)}`;
  const slices = store
    .list(`discovery.k8s.io/endpointslices/${namespace}/`)
    .entries.map(({ value }) => value as KubeObject & EndpointSlice)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
    .flatMap(({ endpoints = [], ports = [] }) =>
      endpoints.filter(({ conditions }) => conditions?.ready !== false).flatMap(({ addresses }) => pairs(addresses, ports, port.name)),
    );
  const found =
    slices.length > 0 ? slices : ofEndpoints(store.get(`core/endpoints/${namespace}/${name}`)?.value as Endpoints | undefined, port.name);
  return found[random.int(Math.max(1, found.length))] ?? `no endpoints available for service ${JSON.stringify(name)}`;
}

/** Endpoints that somebody wrote by hand have no slices where no controller mirrors them. */
function ofEndpoints(endpoints: Endpoints | undefined, portName: string | undefined): readonly Found[] {
  return (endpoints?.subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
    pairs(
      addresses.map(({ ip }) => ip),
      ports,
      portName,
    ),
  );
}

function pairs(
  hosts: readonly string[],
  ports: readonly { readonly name?: string | undefined; readonly port?: number | undefined }[],
  name: string | undefined,
): readonly Found[] {
  const port = ports.find((one) => (one.name ?? '') === (name ?? ''))?.port;
  return port === undefined ? [] : hosts.map((host) => ({ host, port }));
}
