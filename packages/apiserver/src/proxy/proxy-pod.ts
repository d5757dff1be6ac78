// pods/proxy: a request to a port of a pod.
import { isIP } from 'node:net';
import { type ApiResponse, badRequest, type Pod } from '@holdfast/schema';
import { type BackendTransport, passOn, type ProxiedRequest, splitSchemeNamePort } from './backend.ts';

export interface ProxyPodOptions {
  /** As the path has it: 'web-0', 'web-0:8080', 'https:web-0:8443'. */
  readonly id: string;
  readonly request: ProxiedRequest;
  readonly podOf: (name: string) => Pod;
  readonly transport: BackendTransport | undefined;
}

const BEFORE = /^\/api\/v1\/namespaces\/[^/]+\/pods\/[^/]+\/proxy/;
const PORTS = { http: 80, https: 443 } as const;

/** Without a port it is the first that a container names. Throws BadRequest for a pod without an address. */
export async function proxyPod({ id, request, podOf, transport }: ProxyPodOptions): Promise<ApiResponse> {
  const [before = ''] = BEFORE.exec(request.path) ?? [];
  const { scheme, name, port } = splitSchemeNamePort(id, 'pod');
  const { spec, status } = podOf(name);
  const host = addressOf(status?.podIP);
  const named = (spec?.containers ?? []).flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  const number = port === '' ? (named ?? PORTS[scheme]) : Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw badRequest(`invalid pod request ${JSON.stringify(id)}`);
  return passOn(request, { scheme, host, port: number }, { before, transport });
}

/** Throws BadRequest for what no pod can have: the server would connect to somebody else. Pods of a lab are on the loopback network, above 127.1. */
function addressOf(ip = ''): string {
  if (isIP(ip) === 0 || /^(0|127\.0|169\.254|22[4-9]|23\d|255)\./.test(ip) || /^(::1?$|fe[89ab]|ff|::ffff:)/i.test(ip))
    throw badRequest('address not allowed');
  return ip;
}
