// Who has opened a connection, by its client certificate.
import type { Http2ServerRequest, ServerHttp2Session } from 'node:http2';
import { TLSSocket } from 'node:tls';
import { type CertificateIdentity, certificateIdentity } from './authenticate.ts';
import type { WireRequest } from './wire.ts';

/** One identity per connection: certificates do not change within one. */
export function identities(): (request: WireRequest) => CertificateIdentity {
  const known = new WeakMap<object, CertificateIdentity>();
  return (request) => {
    const session = sessionOf(request);
    const connection = session ?? request.socket;
    const found = known.get(connection);
    if (found !== undefined) return found;
    const socket = session ? session.socket : request.socket;
    const identity = isTlsSocket(socket) ? certificateIdentity(socket) : 'none';
    known.set(connection, identity);
    return identity;
  };
}

function sessionOf(request: WireRequest): ServerHttp2Session | undefined {
  return 'stream' in request ? ((request as Http2ServerRequest).stream.session as ServerHttp2Session | undefined) : undefined;
}

/** HTTP/2 hands out a proxy of the socket, which is no instance of anything. */
function isTlsSocket(socket: unknown): socket is TLSSocket {
  return socket instanceof TLSSocket || (typeof socket === 'object' && socket !== null && 'getPeerX509Certificate' in socket);
}
