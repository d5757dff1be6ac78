// Subresources that are sent something of their own: only webhooks are asked about it.
import { isRecord, type GroupVersionKindName, type KubeObject } from '@holdfast/schema';
import type { ResourceRequest } from '../core/server-context.ts';
import { requestOptions } from './request-options.ts';
import { admitOther } from './index.ts';
import { isTrue } from '../requests/request-info.ts';
import type { Attributes } from './plugin.ts';

/** What each stream's options are called; the request's query is what they say. */
const CONNECTIONS: Readonly<Record<string, string>> = {
  exec: 'PodExecOptions',
  attach: 'PodAttachOptions',
  portforward: 'PodPortForwardOptions',
};

/** The same of requests that are passed on, by the resource. */
const PROXIES: Readonly<Record<string, string>> = { nodes: 'NodeProxyOptions', pods: 'PodProxyOptions', services: 'ServiceProxyOptions' };

const PROXIED = /^\/api\/v1\/(?:namespaces\/[^/]+\/)?[^/]+\/[^/]+\/proxy(\/.*)?$/;

/** The body as the webhooks leave it. Throws StatusError to refuse; a body that is no object is left to whoever reads it. */
export async function admitBody(
  context: ResourceRequest,
  kind: GroupVersionKindName,
  operation: Attributes['operation'],
  body: unknown,
  old?: KubeObject,
): Promise<unknown> {
  if (!isRecord(body)) return body;
  const { server, definition, info, request, warnings } = context;
  const { group, version } = kind;
  const object = { kind: kind.kind, apiVersion: group === '' ? version : `${group}/${version}`, ...body } as unknown as KubeObject;
  return admitOther(server, {
    definition,
    operation,
    namespace: info.namespace,
    name: info.name,
    subresource: info.subresource,
    kind,
    object,
    ...(old ? { old } : {}),
    user: request.user,
    dryRun: request.query.get('dryRun') === 'All',
    options: requestOptions(request),
    warnings,
  });
}

/** Asks about a stream that is about to be opened. Throws StatusError to refuse. */
export async function admitConnection(context: ResourceRequest): Promise<void> {
  const { info, request } = context;
  const { query } = request;
  if (info.subresource === 'proxy') {
    const path = PROXIED.exec(request.path)?.[1];
    const options = path === undefined ? {} : { path };
    const proxied = PROXIES[info.resource];
    if (proxied) await admitBody(context, { group: '', version: 'v1', kind: proxied }, 'CONNECT', options);
    return;
  }
  const kind = CONNECTIONS[info.subresource];
  if (!kind) return;
  const flags = ['stdin', 'stdout', 'stderr', 'tty'].flatMap((flag) => (isTrue(query.get(flag)) ? [[flag, true] as const] : []));
  const command = query.getAll('command');
  const container = query.get('container');
  const ports = query.getAll('ports').map(Number);
  await admitBody(context, { group: '', version: 'v1', kind }, 'CONNECT', {
    ...Object.fromEntries(flags),
    ...(container ? { container } : {}),
    ...(command.length > 0 ? { command } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  });
}
