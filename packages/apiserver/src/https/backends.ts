// Connections to pods on behalf of those who may proxy to them: plain, or TLS with whichever certificate they show, as upstream.
import type { Clock } from '@holdfast/clock';
import type { Backend, BackendTransport } from '../proxy/backend.ts';
import { dial } from './dial.ts';
import { requestOver } from './request-over.ts';

/** A connection for each request. */
export function httpBackends({ clock }: { readonly clock: Clock }): BackendTransport {
  const connect = ({ scheme, host, port }: Backend, signal?: AbortSignal): ReturnType<typeof dial> =>
    dial({ host, port, clock, signal, tls: scheme === 'https' ? {} : undefined });
  return {
    request: async (backend, request) => requestOver(await connect(backend, request.signal), backend, request),
    dial: (backend) => connect(backend),
  };
}
