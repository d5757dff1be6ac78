import { describe, expect, it } from 'vitest';
import { podRange } from './pod-range.ts';

describe('the range of pods', () => {
  it('is one of 256 addresses at which this machine can listen', async () => {
    expect(await podRange('127.70.1.0/24')).toBe('127.70.1.0/24');
  });

  it.each(['127.70.0.0/16', '127.70.1.1/24', '127.70.1.0', '127.270.1.0/24', 'fd00::/64', ''])('is not %j', async (cidr) => {
    await expect(podRange(cidr)).rejects.toThrow(
      `--pod-cidr: ${JSON.stringify(cidr)} is no IPv4 range that ends in .0/24, such as 127.70.1.0/24`,
    );
  });

  it('is not one that this machine does not have: what to do is told', async () => {
    // Kept for documentation (RFC 5737): no machine has it.
    await expect(podRange('198.51.100.0/24')).rejects.toThrow(
      '--pod-cidr: pods are processes of this machine, which cannot listen at 198.51.100.2 (EADDRNOTAVAIL): give the machine the range, as root with `ip addr add 198.51.100.1/24 dev lo`, or use one within 127.0.0.0/8',
    );
  });
});
