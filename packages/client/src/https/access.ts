// How to reach a cluster and who to be there.
import type { CredentialPlugin } from './credential-plugin.ts';

/** Address and credentials of an API server. PEM texts, not paths. */
export interface ClusterAccess {
  /** 'https://127.0.0.1:6443'; plain http is allowed for servers that speak it. */
  readonly server: string;
  /** The authority that signed the server's certificate; absent: the system's. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Bearer token; `tokenFile` wins and is read again as it is renewed. */
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  /** A program that says who one is; wins over all of the above. */
  readonly plugin?: CredentialPlugin | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  /** The name that the server's certificate must carry, where it is not the host of `server`. */
  readonly tlsServerName?: string | undefined;
}
