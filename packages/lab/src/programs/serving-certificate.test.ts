import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, seededRandom } from '@holdfast/clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { servingCertificate, type ServingCertificateOptions } from './serving-certificate.ts';

const DAY = 24 * 60 * 60_000;
let parent = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'holdfast-serving-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

function options(clock = new FakeClock()): ServingCertificateOptions & { readonly clock: FakeClock } {
  return { folder: join(parent, 'pki'), nodeName: 'n1', nodeIp: '127.70.0.1', clock, random: seededRandom(1) };
}

describe('the certificate of an agent', () => {
  it('is for its node, signed by itself, and readable by its owner alone', () => {
    const { folder, ...rest } = options();
    const made = servingCertificate({ folder, ...rest });
    const certificate = new X509Certificate(made.certificate);
    expect(certificate.checkIP('127.70.0.1')).toBeDefined();
    expect(certificate.checkHost('n1')).toBeDefined();
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const file of ['kubelet.key', 'kubelet.crt']) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it('is kept as long as it is good', async () => {
    const given = options();
    const made = servingCertificate(given);
    await given.clock.advance(350 * DAY);
    expect(servingCertificate(given)).toEqual(made);
    await given.clock.advance(10 * DAY);
    expect(servingCertificate(given)).not.toEqual(made);
  });

  it.each([
    ['its node has another address', (given: ServingCertificateOptions) => ({ ...given, nodeIp: '127.70.0.2' })],
    ['its node has another name', (given: ServingCertificateOptions) => ({ ...given, nodeName: 'n2' })],
    [
      'it was cut off',
      (given: ServingCertificateOptions) => {
        truncateSync(join(given.folder, 'kubelet.crt'), 100);
        return given;
      },
    ],
    [
      'the key is that of another one',
      (given: ServingCertificateOptions) => {
        const other = servingCertificate({ ...given, folder: join(parent, 'other') });
        writeFileSync(join(given.folder, 'kubelet.key'), other.key);
        return given;
      },
    ],
  ])('is made anew when %s', (_when, change) => {
    const given = options();
    const made = servingCertificate(given);
    const later = change(given);
    const next = servingCertificate(later);
    expect(next.certificate).not.toBe(made.certificate);
    expect(servingCertificate(later)).toEqual(next);
  });
});
