// From a probe or hook of a container's specification to what is to be done, with port names turned into numbers.
import type { Container, IntOrString, LifecycleHandler, Probe } from '@holdfast/schema';
import type { ProbeAction } from '../runtime/runtime.ts';

/** The action, or why there is none. */
export type ResolvedAction = ProbeAction | { readonly kind: 'none'; readonly problem: string };

/** Resolves the one action that a probe or hook has. `sleep` hooks are not actions of the runtime. */
export function resolveAction(handler: Probe | LifecycleHandler, container: Container): ResolvedAction {
  if (handler.exec) return { kind: 'exec', exec: handler.exec };
  if (handler.httpGet) {
    const port = portNumber(handler.httpGet.port, container);
    return port === undefined ? unknownPort(handler.httpGet.port) : { kind: 'httpGet', httpGet: handler.httpGet, port };
  }
  if (handler.tcpSocket) {
    const port = portNumber(handler.tcpSocket.port, container);
    return port === undefined ? unknownPort(handler.tcpSocket.port) : { kind: 'tcpSocket', tcpSocket: handler.tcpSocket, port };
  }
  if ('grpc' in handler && handler.grpc) return { kind: 'grpc', grpc: handler.grpc };
  return { kind: 'none', problem: 'missing probe handler' };
}

function portNumber(port: IntOrString, container: Container): number | undefined {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  return named ?? (/^\d+$/.test(port) ? Number(port) : undefined);
}

function unknownPort(port: IntOrString): ResolvedAction {
  return { kind: 'none', problem: `couldn't find port: ${port}` };
}
