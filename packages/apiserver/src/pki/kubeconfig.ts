// kubeconfig files as `kind` names things in them: one cluster, one user and one context, all called holdfast-<name>.
import { chmodSync, writeFileSync } from 'node:fs';
import type { Credentials, Pki } from './pki.ts';

export interface KubeconfigOptions {
  /** The cluster's name without its prefix. */
  readonly name: string;
  /** 'https://127.0.0.1:6443'. */
  readonly server: string;
  readonly pki: Pki;
  /** Default: the administrator's. */
  readonly credentials?: Credentials;
}

/** The text of a kubeconfig file. It holds a private key: write it with `writeKubeconfig` or with mode 0600. */
export function kubeconfigText({ name, server, pki, credentials = pki.admin }: KubeconfigOptions): string {
  // Quoted: a name such as `0x1f` is a number to a YAML reader otherwise.
  const entry = JSON.stringify(`holdfast-${name}`);
  return `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: ${base64(pki.caCertificate)}
    server: ${server}
  name: ${entry}
contexts:
- context:
    cluster: ${entry}
    user: ${entry}
  name: ${entry}
current-context: ${entry}
preferences: {}
users:
- name: ${entry}
  user:
    client-certificate-data: ${base64(credentials.certificate)}
    client-key-data: ${base64(credentials.key)}
`;
}

/** Writes the file so that only its owner can read it, also when it was there before with a wider mode. */
export function writeKubeconfig(path: string, text: string): void {
  writeFileSync(path, '', { mode: 0o600 });
  chmodSync(path, 0o600);
  writeFileSync(path, text, { mode: 0o600 });
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
