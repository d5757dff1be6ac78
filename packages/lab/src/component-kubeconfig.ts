// Kubeconfigs for the parts of a lab's control plane that run as programs of their own, as kubeadm writes them.
import { kubeconfigText, restorePki } from '@holdfast/apiserver';
import { type Clock, systemRandom } from '@holdfast/clock';
import { LabError } from './state/lab-error.ts';
import type { LabView } from './lifecycle.ts';
import { readIdentity } from './state/state-folder.ts';

const NODE = 'node/';

/** Who the part is: 'controllers', 'scheduler' or 'node/<name>'. Throws LabError for anything else. */
export function componentSubject(part: string): { readonly commonName: string; readonly organizations?: readonly string[] } {
  if (part === 'controllers') return { commonName: 'system:kube-controller-manager' };
  if (part === 'scheduler') return { commonName: 'system:kube-scheduler' };
  if (part.startsWith(NODE) && part.length > NODE.length)
    return { commonName: `system:node:${part.slice(NODE.length)}`, organizations: ['system:nodes'] };
  throw new LabError(`there is no part ${JSON.stringify(part)}: use controllers, scheduler or node/<name of the node>`);
}

/** The text of a kubeconfig with a new certificate for the part, and no rights beyond the part's. It holds a private key. */
export function componentKubeconfig(lab: LabView, part: string, clock: Clock): string {
  const identity = readIdentity(lab.folder);
  if (!identity)
    throw new LabError(`lab ${JSON.stringify(lab.name)} has no keys yet: start it with \`holdfast lab up --name ${lab.name}\``);
  const pki = restorePki(identity.pki, { clock, random: systemRandom() });
  const credentials = pki.issueClient(componentSubject(part));
  return kubeconfigText({ name: lab.name, server: `https://127.0.0.1:${identity.port}`, pki, credentials });
}
