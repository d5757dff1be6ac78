// The keys and certificates of one cluster: an authority, the server's certificate, the administrator's, and the key that
// signs service-account tokens. Made anew for each cluster; a few milliseconds in all. Can be kept, so that clients keep working.
import type { Clock, Random } from '@holdfast/clock';
import { generateKey, type Issuer, issueCertificate, readKey, type Subject } from './certificate.ts';

/** A certificate and its private key, both PEM. */
export interface Credentials {
  readonly certificate: string;
  readonly key: string;
}

export interface PkiOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Further addresses under which the server is reached, besides 127.0.0.1 and the names of the `kubernetes` Service. */
  readonly ips?: readonly string[];
}

/** What a cluster's server and its clients are known by. */
export interface Pki {
  /** PEM. Signs all certificates of the cluster. */
  readonly caCertificate: string;
  readonly serving: Credentials;
  /** User kubernetes-admin of group system:masters, who may do everything. */
  readonly admin: Credentials;
  /** PEM of the private key (EC P-256) for service-account tokens. */
  readonly serviceAccountKey: string;
  /** What `restorePki` needs to go on as the same cluster. Secret: it holds the authority's private key. */
  readonly saved: SavedPki;
  /** Issues a client certificate: the common name is the user, the organizations are the groups. */
  issueClient(subject: Subject): Credentials;
}

/** A cluster's keys and certificates as plain data; all PEM. */
export interface SavedPki {
  readonly caCertificate: string;
  readonly caKey: string;
  readonly serving: Credentials;
  readonly admin: Credentials;
  readonly serviceAccountKey: string;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
// As kubeadm does: ten years for the authority, one for the rest, valid a little before now for clocks that differ.
const BACKDATED = 5 * MINUTE;
const AUTHORITY_LIFETIME = 3650 * DAY;
const LEAF_LIFETIME = 365 * DAY;
const AUTHORITY: Subject = { commonName: 'kubernetes' };
const SERVICE_NAMES = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost'];

/** Makes the keys and certificates of a new cluster. */
export async function createPki({ clock, random, ips = [] }: PkiOptions): Promise<Pki> {
  const now = clock.now();
  const notBefore = now - BACKDATED;
  const authority: Issuer = { subject: AUTHORITY, key: generateKey() };
  const caCertificate = issueCertificate({
    ...authority,
    issuer: authority,
    usage: 'authority',
    names: ['kubernetes'],
    notBefore,
    notAfter: now + AUTHORITY_LIFETIME,
    random,
  });

  const issueLeaf = leafIssuer(authority, { clock, random });
  const saved: SavedPki = {
    caCertificate,
    caKey: authority.key.privatePem,
    serving: issueLeaf({ commonName: 'kube-apiserver' }, 'server', [...SERVICE_NAMES, ...new Set(['127.0.0.1', ...ips])]),
    admin: issueLeaf({ commonName: 'kubernetes-admin', organizations: ['system:masters'] }, 'client'),
    serviceAccountKey: generateKey().privatePem,
  };
  return pkiOf(saved, issueLeaf);
}

/** The keys and certificates of a cluster that was there before: whoever trusted it, or was trusted by it, still does. */
export function restorePki(saved: SavedPki, { clock, random }: Pick<PkiOptions, 'clock' | 'random'>): Pki {
  const authority: Issuer = { subject: AUTHORITY, key: readKey(saved.caKey) };
  return pkiOf(saved, leafIssuer(authority, { clock, random }));
}

/** A certificate that a server signs for itself, valid for a year: what a kubelet shows that was given none. */
export function selfSigned(
  commonName: string,
  names: readonly string[],
  { clock, random }: Pick<PkiOptions, 'clock' | 'random'>,
): Credentials {
  const itself: Issuer = { subject: { commonName }, key: generateKey() };
  const now = clock.now();
  const validity = { notBefore: now - BACKDATED, notAfter: now + LEAF_LIFETIME };
  const certificate = issueCertificate({ ...itself, issuer: itself, usage: 'server', names, random, ...validity });
  return { certificate, key: itself.key.privatePem };
}

type LeafIssuer = (subject: Subject, usage: 'server' | 'client', names?: readonly string[]) => Credentials;

function leafIssuer(authority: Issuer, { clock, random }: Pick<PkiOptions, 'clock' | 'random'>): LeafIssuer {
  return (subject, usage, names = []) => {
    const key = generateKey();
    // Issued with the time of the moment: clients are also issued long after the cluster was made.
    const issued = clock.now();
    const validity = { notBefore: issued - BACKDATED, notAfter: issued + LEAF_LIFETIME };
    const certificate = issueCertificate({ subject, key, issuer: authority, usage, names, random, ...validity });
    return { certificate, key: key.privatePem };
  };
}

function pkiOf(saved: SavedPki, issueLeaf: LeafIssuer): Pki {
  const { caCertificate, serving, admin, serviceAccountKey } = saved;
  return { caCertificate, serving, admin, serviceAccountKey, saved, issueClient: (subject) => issueLeaf(subject, 'client') };
}
