// The certificate with which an agent serves the kubelet's API: given, or its own, kept beside the node's state.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type Credentials, selfSigned } from '@holdfast/apiserver';
import type { Clock, Random } from '@holdfast/clock';
import { writePrivate } from '../state/state-folder.ts';

export interface ServingCertificateOptions {
  /** Folder of `kubelet.crt` and `kubelet.key`; made with mode 0700. */
  readonly folder: string;
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** Made anew when there is no week left of it. */
const RENEW_MS = 7 * 24 * 60 * 60_000;

/** What was there before, as long as it is valid for this node; else a new one, signed by itself as a kubelet's is. */
export function servingCertificate({ folder, nodeName, nodeIp, clock, random }: ServingCertificateOptions): Credentials {
  const files = { certificate: join(folder, 'kubelet.crt'), key: join(folder, 'kubelet.key') };
  if (existsSync(files.certificate) && existsSync(files.key)) {
    const kept = { certificate: readFileSync(files.certificate, 'utf8'), key: readFileSync(files.key, 'utf8') };
    if (isGood(kept, nodeName, nodeIp, clock.now())) return kept;
  }
  const made = selfSigned(`${nodeName}@${Math.floor(clock.now() / 1000)}`, [nodeName, nodeIp], { clock, random });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writePrivate(files.key, made.key);
  writePrivate(files.certificate, made.certificate);
  return made;
}

function isGood({ certificate: pem, key }: Credentials, nodeName: string, nodeIp: string, now: number): boolean {
  try {
    const certificate = new X509Certificate(pem);
    const isFor = isIP(nodeIp) === 0 || certificate.checkIP(nodeIp) !== undefined;
    if (!certificate.checkPrivateKey(createPrivateKey(key))) return false;
    return isFor && certificate.checkHost(nodeName) !== undefined && Date.parse(certificate.validTo) - now > RENEW_MS;
  } catch {
    // Cut off by a crash while it was written: a new one does as well.
    return false;
  }
}
