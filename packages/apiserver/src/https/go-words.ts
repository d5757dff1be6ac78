// What went wrong on the network, in the words in which a cluster's programs say it.

/** The sentence of Go's HTTP client for an error of Node's: people and operators search for those. */
export function goWords(error: NodeJS.ErrnoException, { host, port }: { readonly host: string; readonly port: number }): string {
  const certificate = (words: string): string => `tls: failed to verify certificate: x509: ${words}`;
  switch (error.code ?? '') {
    case 'ECONNREFUSED':
      return `dial tcp ${host}:${port}: connect: connection refused`;
    case 'EHOSTUNREACH':
      return `dial tcp ${host}:${port}: connect: no route to host`;
    case 'ENETUNREACH':
      return `dial tcp ${host}:${port}: connect: network is unreachable`;
    case 'ETIMEDOUT':
      return `dial tcp ${host}:${port}: connect: connection timed out`;
    case 'ENOTFOUND':
      return `dial tcp: lookup ${host}: no such host`;
    case 'ECONNRESET':
      return 'EOF';
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return certificate('certificate has expired or is not yet valid');
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return certificate(error.message);
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return certificate('certificate signed by unknown authority');
  }
  return error.message;
}
