import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@holdfast/clock';
import { parseYaml } from '@holdfast/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integer, oid, sequence, time } from './der.ts';
import { createPki, restorePki, kubeconfigText, writeKubeconfig } from './index.ts';

const pki = await createPki({ clock: systemClock(), random: systemRandom(), ips: ['127.64.0.1', 'fd00::1'] });
const authority = new X509Certificate(pki.caCertificate);

describe('certificates', () => {
  it('are signed by an authority that signs itself', () => {
    expect(authority.ca).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
    for (const { certificate } of [pki.serving, pki.admin]) {
      const issued = new X509Certificate(certificate);
      expect(issued.ca).toBe(false);
      expect(issued.checkIssued(authority)).toBe(true);
      expect(issued.verify(authority.publicKey)).toBe(true);
    }
  });

  it('are the same after they were kept and restored, and more can be issued', () => {
    const kept = JSON.parse(JSON.stringify(pki.saved)) as typeof pki.saved;
    const again = restorePki(kept, { clock: systemClock(), random: systemRandom() });
    expect(again).toMatchObject({ caCertificate: pki.caCertificate, serving: pki.serving, admin: pki.admin });
    const issued = new X509Certificate(again.issueClient({ commonName: 'late' }).certificate);
    expect(issued.checkIssued(authority)).toBe(true);
    expect(issued.verify(authority.publicKey)).toBe(true);
  });

  it('name the server in all ways in which it is reached', () => {
    const serving = new X509Certificate(pki.serving.certificate);
    for (const host of [
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
      'localhost',
    ]) {
      expect(serving.checkHost(host)).toBe(host);
    }
    for (const ip of ['127.0.0.1', '127.64.0.1', 'fd00::1']) expect(serving.checkIP(ip)).toBeDefined();
    expect(serving.checkHost('example.com')).toBeUndefined();
  });

  it('carry the user and the groups', () => {
    expect(new X509Certificate(pki.admin.certificate).subject).toBe('O=system:masters\nCN=kubernetes-admin');
    const jane = pki.issueClient({ commonName: 'jane', organizations: ['devs', 'a'] });
    expect(new X509Certificate(jane.certificate).toLegacyObject().subject).toEqual({ CN: 'jane', O: ['a', 'devs'] });
  });
});

describe('DER', () => {
  it('encodes integers so that they never read as negative', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 160n }), (value) => {
        const hex = value.toString(16);
        const der = Buffer.from(integer(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')));
        expect(der[0]).toBe(2);
        expect(der[1]).toBe(der.length - 2);
        expect((der[2] ?? 0) & 0x80).toBe(0);
        expect(BigInt(`0x${der.subarray(2).toString('hex')}`)).toBe(value);
      }),
    );
  });

  it('encodes object identifiers, long lengths and times', () => {
    expect(Buffer.from(oid('1.2.840.10045.4.3.2')).toString('hex')).toBe('06082a8648ce3d040302');
    expect(
      Buffer.from(sequence(new Uint8Array(300)))
        .subarray(0, 4)
        .toString('hex'),
    ).toBe('3082012c');
    expect(
      Buffer.from(time(Date.UTC(2049, 11, 31)))
        .subarray(2)
        .toString(),
    ).toBe('491231000000Z');
    expect(
      Buffer.from(time(Date.UTC(2050, 0, 1)))
        .subarray(2)
        .toString(),
    ).toBe('20500101000000Z');
  });
});

describe('kubeconfig', () => {
  const text = kubeconfigText({ name: 'lab', server: 'https://127.0.0.1:6443', pki });

  it('has one context, named as the cluster', () => {
    expect(parseYaml(text).value).toMatchObject({
      kind: 'Config',
      'current-context': 'holdfast-lab',
      clusters: [{ name: 'holdfast-lab', cluster: { server: 'https://127.0.0.1:6443' } }],
      contexts: [{ name: 'holdfast-lab', context: { cluster: 'holdfast-lab', user: 'holdfast-lab' } }],
      users: [{ name: 'holdfast-lab', user: { 'client-certificate-data': Buffer.from(pki.admin.certificate).toString('base64') } }],
    });
  });

  it('is readable by its owner only, whatever was there before', () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-pki-'));
    try {
      const path = join(folder, 'kubeconfig');
      writeFileSync(path, 'old', { mode: 0o644 });
      writeKubeconfig(path, text);
      expect(statSync(path).mode & 0o777).toBe(0o600);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
