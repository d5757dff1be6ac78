// IP addresses and ranges.
import { isIPv4, isIPv6 } from 'node:net';
import type { FieldErrors } from './field-errors.ts';

export function isIp(value: string): boolean {
  return isIPv4(value) || (isIPv6(value) && !value.includes('%'));
}

export function validIp(value: string, path: string, errors: FieldErrors): void {
  if (!isIp(value)) errors.invalid(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)');
}

export function isCidr(value: string): boolean {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(value);
  const [, address = '', bits = ''] = match ?? [];
  return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && !address.includes('%') && Number(bits) <= 128);
}

export function validCidr(value: string, path: string, errors: FieldErrors): void {
  if (!isCidr(value)) errors.invalid(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)');
}

/**
 * An address that traffic can be sent to. Upstream refuses loopback addresses too; here they are the addresses of pods whose
 * containers are processes of this machine.
 */
export function nonSpecialIp(value: string, path: string, errors: FieldErrors): void {
  if (!isIp(value)) {
    errors.invalid(path, value, 'must be a valid IP address');
    return;
  }
  const lower = value.toLowerCase();
  if (value === '0.0.0.0' || lower === '::') errors.invalid(path, value, `may not be unspecified (${value})`);
  if (value.startsWith('169.254.') || /^fe[89ab]/.test(lower))
    errors.invalid(path, value, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  if (value.startsWith('224.0.0.') || lower.startsWith('ff02:'))
    errors.invalid(path, value, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
}

/** Whether the addresses are one of each family. */
export function isDualStack(addresses: readonly string[]): boolean {
  return addresses.some((address) => isIPv4(address)) && addresses.some((address) => isIPv6(address));
}
