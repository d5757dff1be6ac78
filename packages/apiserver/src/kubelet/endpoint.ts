// Where a node's agent listens: by the addresses and the port in the Node's status.
import { isIP } from 'node:net';
import { badRequest, KUBELET_CERTIFICATE, type Node } from '@holdfast/schema';
import type { KubeletEndpoint } from './transport.ts';

/** In order of preference, as kubeadm has it. */
const PREFERRED = ['InternalIP', 'ExternalIP', 'Hostname'] as const;
const DEFAULT_PORT = 10_250;

/** Throws an Error in upstream's words where the node says no address, BadRequest for one that no node can have. */
export function kubeletEndpoint({ metadata, status }: Node): KubeletEndpoint {
  const addresses = status?.addresses ?? [];
  const found = PREFERRED.flatMap((type) => addresses.filter((one) => one.type === type))[0];
  if (!found) {
    const known = addresses.map(({ type, address }) => `{${type} ${address}}`).join(' ');
    throw new Error(`no preferred addresses found; known addresses: [${known}]`);
  }
  if (!mayBeNode(found.address)) throw badRequest('address not allowed');
  const certificate = metadata.annotations?.[KUBELET_CERTIFICATE];
  return {
    node: metadata.name ?? '',
    host: found.address,
    port: status?.daemonEndpoints?.kubeletEndpoint?.Port || DEFAULT_PORT,
    ...(certificate === undefined ? {} : { certificate: certificate.toLowerCase() }),
  };
}

/** Link-local addresses are those of a cloud's metadata service; unlike upstream's, nodes of a lab may be on the loopback network. */
function mayBeNode(address: string): boolean {
  if (isIP(address) === 4) return !/^(0|169\.254|22[4-9]|23\d|255)\./.test(`${address}.`);
  if (isIP(address) === 6) return !/^(::$|fe[89ab]|ff|::ffff:)/i.test(address);
  return address !== '';
}
