// Issues X.509 certificates for EC P-256 keys, signed with ECDSA and SHA-256 (RFC 5280).
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import type { Random } from '@holdfast/clock';
import {
  bitString,
  type Der,
  derTrue,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  set,
  time,
  toPem,
  utf8String,
} from './der.ts';

/** A key pair with its PEM forms. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** PKCS #8 PEM. */
  readonly privatePem: string;
}

/** Who a certificate is for. In Kubernetes the common name of a client is its user, its organizations are its groups. */
export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

/** Whoever signs: itself for a CA's own certificate. */
export interface Issuer {
  readonly subject: Subject;
  readonly key: KeyPair;
}

export interface CertificateRequest {
  readonly subject: Subject;
  readonly key: KeyPair;
  readonly issuer: Issuer;
  readonly usage: 'authority' | 'server' | 'client';
  /** DNS names and IP addresses of a server. */
  readonly names?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly random: Random;
}

const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

// RFC 5280 numbers these bits from the left: digitalSignature is bit 0, keyEncipherment 2, keyCertSign 5, cRLSign 6.
const KEY_USAGE = { authority: { bits: 0b1010_0110, unused: 1 }, leaf: { bits: 0b1010_0000, unused: 5 } } as const;
const EC_POINT_BYTES = 65;
const SERIAL_BYTES = 16;

/** A new EC P-256 key pair. */
export function generateKey(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { privateKey, publicKey, privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** The key pair of a PKCS #8 PEM. */
export function readKey(privatePem: string): KeyPair {
  const privateKey = createPrivateKey(privatePem);
  return { privateKey, publicKey: createPublicKey(privatePem), privatePem };
}

/** The certificate as PEM. */
export function issueCertificate(request: CertificateRequest): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const body = sequence(
    explicit(0, integer(Uint8Array.of(2))), // version 3
    integer(serialNumber(request.random)),
    algorithm,
    nameOf(request.issuer.subject),
    sequence(time(request.notBefore), time(request.notAfter)),
    nameOf(request.subject),
    publicKeyInfo(request.key),
    explicit(3, sequence(...extensionsOf(request))),
  );
  const signature = sign('sha256', body, { key: request.issuer.key.privateKey, dsaEncoding: 'der' });
  return toPem('CERTIFICATE', sequence(body, algorithm, bitString(signature)));
}

function serialNumber(random: Random): Uint8Array {
  const serial = Uint8Array.from(random.bytes(SERIAL_BYTES));
  // Positive and not zero, as RFC 5280 demands.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

/** Organizations first, as Go and with it every Kubernetes tool writes a subject. */
function nameOf({ commonName, organizations = [] }: Subject): Der {
  const groups = organizations.map((organization) => sequence(oid(OID.organization), utf8String(organization)));
  return sequence(
    ...(groups.length > 0 ? [set(...groups.toSorted((a, b) => Buffer.compare(a, b)))] : []),
    set(sequence(oid(OID.commonName), utf8String(commonName))),
  );
}

function publicKeyInfo({ publicKey }: KeyPair): Der {
  return publicKey.export({ type: 'spki', format: 'der' });
}

/** SHA-1 of the public point, method 1 of RFC 5280 4.2.1.2. */
function keyIdentifier(key: KeyPair): Uint8Array {
  return createHash('sha1').update(publicKeyInfo(key).subarray(-EC_POINT_BYTES)).digest();
}

function extensionsOf({ key, issuer, usage, names = [] }: CertificateRequest): readonly Der[] {
  const authority = usage === 'authority';
  const { bits, unused } = authority ? KEY_USAGE.authority : KEY_USAGE.leaf;
  const purpose = usage === 'server' ? OID.serverAuth : OID.clientAuth;
  return [
    extension(OID.keyUsage, bitString(Uint8Array.of(bits), unused), true),
    ...(authority ? [] : [extension(OID.extendedKeyUsage, sequence(oid(purpose)))]),
    extension(OID.basicConstraints, authority ? sequence(derTrue()) : sequence(), true),
    extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(key))),
    extension(OID.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(issuer.key)))),
    ...(names.length > 0 ? [extension(OID.subjectAlternativeName, sequence(...names.map(alternativeName)))] : []),
  ];
}

function extension(id: string, value: Der, critical = false): Der {
  return sequence(oid(id), ...(critical ? [derTrue()] : []), octetString(value));
}

function alternativeName(name: string): Der {
  if (isIPv4(name)) return implicit(7, Uint8Array.from(name.split('.').map(Number)));
  if (isIPv6(name)) return implicit(7, ipv6Bytes(name));
  return implicit(2, Buffer.from(name, 'latin1'));
}

function ipv6Bytes(address: string): Uint8Array {
  const [head = '', tail] = address.split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const before = groups(head);
  const after = groups(tail ?? '');
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
