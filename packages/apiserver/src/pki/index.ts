export type { Subject } from './certificate.ts';
export type { KubeconfigOptions } from './kubeconfig.ts';
export { kubeconfigText, writeKubeconfig } from './kubeconfig.ts';
export type { Credentials, Pki, PkiOptions, SavedPki } from './pki.ts';
export { createPki, restorePki, selfSigned } from './pki.ts';
