// How a client begins: what it may ask before it says who it is.
import type { FieldReader } from './reader.ts';
import { protocolViolation } from './reader.ts';

const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;
const MAJOR_VERSION = 3;

export type Startup =
  /** TLS or Kerberos: refused with one letter, and the client may go on without. */
  | { readonly kind: 'encryption' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secret: number }
  | {
      readonly kind: 'session';
      readonly parameters: ReadonlyMap<string, string>;
      /** A newer minor version, or options that are not known, were asked for. */
      readonly negotiate: readonly string[] | undefined;
    };

/** Throws SqlError where it is none of these. */
export function readStartup(body: FieldReader): Startup {
  const code = body.int32();
  if (code === SSL_REQUEST || code === GSS_REQUEST) return { kind: 'encryption' };
  if (code === CANCEL_REQUEST) return { kind: 'cancel', processId: body.int32(), secret: body.int32() };
  if (code >> 16 !== MAJOR_VERSION)
    throw protocolViolation(`unknown protocol version ${code >> 16}.${code & 0xffff}: this server speaks 3.0`);
  const parameters = new Map<string, string>();
  for (let name = body.cstring(); name !== ''; name = body.cstring()) parameters.set(name, body.cstring());
  const unknown = [...parameters.keys()].filter((name) => name.startsWith('_pq_.'));
  return { kind: 'session', parameters, negotiate: (code & 0xffff) > 0 || unknown.length > 0 ? unknown : undefined };
}
