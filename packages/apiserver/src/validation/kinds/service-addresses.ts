// The cluster addresses of a Service and their families, which hardly ever change.
import { isIPv6 } from 'node:net';
import { goStrings, type ServiceSpec } from '@holdfast/schema';
import { isDualStack, validIp } from '../addresses.ts';
import type { FieldErrors } from '../field-errors.ts';

const FAMILIES = ['IPv4', 'IPv6'];
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const FIXED = 'may not change once set';

export function clusterAddresses(spec: ServiceSpec, headless: boolean, errors: FieldErrors): void {
  if (spec.type === 'ExternalName') return;
  const path = 'spec.clusterIPs';
  const ips = spec.clusterIPs ?? [];
  if (spec.clusterIP) {
    if (ips.length === 0) errors.required(path);
    else if (ips[0] !== spec.clusterIP) errors.invalid(path, goStrings(ips), 'first value must match `clusterIP`');
  } else if (ips.length > 0) errors.invalid(path, goStrings(ips), 'must be empty when `clusterIP` is not specified');
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    errors.oneOf(`spec.ipFamilies[${index}]`, family, FAMILIES);
    if ((spec.ipFamilies ?? []).indexOf(family) < index) errors.duplicate(`spec.ipFamilies[${index}]`, family);
  }
  errors.oneOf('spec.ipFamilyPolicy', spec.ipFamilyPolicy, POLICIES);
  const before = errors.count;
  for (const [index, ip] of ips.entries()) {
    if (index === 0 && ip === 'None') {
      if (ips.length > 1) errors.invalid(path, goStrings(ips), "'None' must be the first and only value");
    } else validIp(ip, `${path}[${index}]`, errors);
  }
  if (ips.length > 2) errors.invalid(path, goStrings(ips), 'may only hold up to 2 values');
  if (errors.count > before) return;
  if (ips.length > 1 && !isDualStack(ips)) errors.invalid(path, goStrings(ips), 'may specify no more than one IP for each IP family');
  if (headless) return;
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    const ip = ips[index];
    if (ip !== undefined && isIPv6(ip) !== (family === 'IPv6') && FAMILIES.includes(family))
      errors.invalid(`${path}[${index}]`, ip, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``);
  }
}

export function clusterAddressesUpdate(next: ServiceSpec, old: ServiceSpec, errors: FieldErrors): void {
  if (next.type === 'ExternalName' || old.type === 'ExternalName') return;
  const [ips, had] = [next.clusterIPs ?? [], old.clusterIPs ?? []];
  const path = 'spec.clusterIPs';
  const change = (index: number, words: string): void => errors.invalid(`${path}[${index}]`, goStrings(ips), words);
  if (had.length === ips.length) {
    for (const [index, ip] of had.entries()) if (ip !== ips[index]) change(index, FIXED);
  } else if (ips.length === 0) change(0, 'primary clusterIP can not be unset');
  else if (had.length > 0 && ips[0] !== had[0]) change(0, FIXED);
  else if (ips.length === 1 && next.ipFamilyPolicy !== 'SingleStack')
    errors.invalid('spec.ipFamilyPolicy', next.ipFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary clusterIP");
  const headless = (list: readonly string[]): boolean => list.length === 1 && list[0] === 'None';
  if (headless(ips) || headless(had)) return;
  const [families, hadFamilies] = [next.ipFamilies ?? [], old.ipFamilies ?? []];
  if (hadFamilies.length > 0 && families.length > 0 && families[0] !== hadFamilies[0])
    errors.invalid('spec.ipFamilies[0]', goStrings(families, 'core.IPFamily'), FIXED);
}
