// services/proxy: a request to one of the pods behind a Service.
import type { Random } from '@holdfast/clock';
import { type ApiResponse, type Endpoints, type Pod, type Service, serviceUnavailable } from '@holdfast/schema';
import { type BackendTransport, passOn, type ProxiedRequest, splitSchemeNamePort } from './backend.ts';

export interface ProxyServiceOptions {
  /** As the path has it: 'web', 'web:http', 'web:80', 'https:web:443'. */
  readonly id: string;
  readonly request: ProxiedRequest;
  readonly random: Random;
  readonly serviceOf: (name: string) => Service;
  readonly endpointsOf: (name: string) => Endpoints | undefined;
  readonly podOf: (namespace: string, name: string) => Pod | undefined;
  readonly transport: BackendTransport | undefined;
}

const BEFORE = /^\/api\/v1\/namespaces\/[^/]+\/services\/[^/]+\/proxy/;

/** Throws ServiceUnavailable where there is no such port, or nobody behind it. */
export async function proxyService(options: ProxyServiceOptions): Promise<ApiResponse> {
  const { id, request, random, serviceOf, endpointsOf, podOf, transport } = options;
  const [before = ''] = BEFORE.exec(request.path) ?? [];
  const { scheme, name, port } = splitSchemeNamePort(id, 'service');
  const portName = /^\d+$/.test(port) ? nameOfPort(serviceOf(name), Number(port)) : port;
  const subsets = endpointsOf(name)?.subsets ?? [];
  if (subsets.length === 0) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  const there = subsets.flatMap(({ addresses = [], ports = [] }) => {
    const number = ports.find((one) => (one.name ?? '') === portName)?.port;
    return number === undefined ? [] : addresses.map((address) => ({ address, number }));
  });
  // Only pods: an address that somebody wrote by hand may be anything.
  const pods = there.filter(({ address: { ip, targetRef } }) => {
    const pod = targetRef && podOf(targetRef.namespace ?? '', targetRef.name ?? '');
    return pod?.status?.podIP === ip;
  });
  const chosen = pods[random.int(Math.max(1, pods.length))];
  if (!chosen) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(id)}`);
  return passOn(request, { scheme, host: chosen.address.ip, port: chosen.number }, { before, transport });
}

function nameOfPort({ metadata, spec }: Service, number: number): string {
  const found = spec?.ports?.find(({ port }) => port === number);
  if (!found) throw serviceUnavailable(`no service port ${number} found for service ${JSON.stringify(metadata.name)}`);
  return found.name ?? '';
}
