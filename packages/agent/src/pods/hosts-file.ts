// The pod's hosts file, as the kubelet writes it: a program that reads it finds its own full name before DNS knows it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '@holdfast/schema';

/** Where the file of a pod is on the host. */
export function hostsFileOf(podFolder: string): string {
  return join(podFolder, 'etc-hosts');
}

export function writeHostsFile(podFolder: string, pod: Pod, podIp: string, clusterDomain: string): void {
  mkdirSync(podFolder, { recursive: true, mode: 0o700 });
  writeFileSync(hostsFileOf(podFolder), hostsText(pod, podIp, clusterDomain));
}

/** The file's text. Pure. */
export function hostsText({ metadata, spec }: Pod, podIp: string, clusterDomain: string): string {
  const hostname = spec?.hostname || (metadata.name ?? '');
  const full = spec?.subdomain ? `${hostname}.${spec.subdomain}.${metadata.namespace}.svc.${clusterDomain}\t` : '';
  const aliases = (spec?.hostAliases ?? []).map(({ ip, hostnames }) => `${ip}\t${(hostnames ?? []).join('\t')}`);
  const head = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    `${podIp}\t${full}${hostname}`,
  ];
  const tail = aliases.length > 0 ? ['', '# Entries added by HostAliases.', ...aliases] : [];
  return `${[...head, ...tail].join('\n')}\n`;
}
