// Connections to agents of nodes that are other programs: TLS with the server's own client certificate, errors in Go's words.
import { createSecureContext, type TLSSocket } from 'node:tls';
import type { Clock } from '@holdfast/clock';
import type { KubeletEndpoint, KubeletTransport } from '../kubelet/transport.ts';
import type { Credentials } from '../pki/pki.ts';
import { dial } from './dial.ts';
import { requestOver } from './request-over.ts';

export interface HttpsKubeletsOptions {
  readonly clock: Clock;
  /** What the server shows the agents: a client certificate of an authority that they trust. */
  readonly credentials: Credentials;
}

/** A connection for each request, as upgraded ones must have anyway. */
export function httpsKubelets({ clock, credentials }: HttpsKubeletsOptions): KubeletTransport {
  const secureContext = createSecureContext({ cert: credentials.certificate, key: credentials.key });
  const connect = (endpoint: KubeletEndpoint, signal?: AbortSignal): ReturnType<typeof dial> =>
    dial({ ...endpoint, clock, signal, tls: { secureContext, problem: (socket) => stranger(socket, endpoint) } });
  return {
    request: async (endpoint, request) => requestOver(await connect(endpoint, request.signal), endpoint, request),
    dial: (endpoint) => connect(endpoint),
  };
}

/** Why whoever answered is not the node's agent. By default an agent's certificate is signed by itself, as a kubelet's is. */
function stranger(socket: TLSSocket, { node, certificate }: KubeletEndpoint): Error | undefined {
  if (certificate === undefined) return undefined;
  const shown = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
  if (shown === certificate) return undefined;
  return new Error(
    `tls: failed to verify certificate: x509: certificate is not the one that node ${JSON.stringify(node)} says its agent has: somebody else listens at its address`,
  );
}
