// A pod's own DNS settings and host names.
import { goStrings, type HostAlias, isDns1123SubdomainWithUnderscore, type PodDNSConfig } from '@holdfast/schema';
import { validIp } from '../addresses.ts';
import type { FieldErrors } from '../field-errors.ts';
import { dnsSubdomain } from '../names.ts';

const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;

export function validateDnsConfig(config: PodDNSConfig | undefined, policy: string | undefined, path: string, errors: FieldErrors): void {
  if (policy === 'None' && !config) return errors.required(path, 'must provide `dnsConfig` when `dnsPolicy` is None');
  const { nameservers = [], searches = [], options = [] } = config ?? {};
  if (policy === 'None' && nameservers.length === 0)
    return errors.required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None');
  if (nameservers.length > MAX_NAMESERVERS)
    errors.invalid(`${path}.nameservers`, goStrings(nameservers), `must not have more than ${MAX_NAMESERVERS} nameservers`);
  for (const [index, server] of nameservers.entries()) validIp(server, `${path}.nameservers[${index}]`, errors);
  if (searches.length > MAX_SEARCHES)
    errors.invalid(`${path}.searches`, goStrings(searches), `must not have more than ${MAX_SEARCHES} search paths`);
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS)
    errors.invalid(
      `${path}.searches`,
      goStrings(searches),
      `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`,
    );
  for (const [index, search] of searches.entries()) {
    const name = search.replace(/\.$/, '');
    if (search !== '.') errors.problems(`${path}.searches[${index}]`, name, isDns1123SubdomainWithUnderscore(name));
  }
  for (const [index, option] of options.entries()) if (!option.name) errors.required(`${path}.options[${index}]`, 'must not be empty');
}

export function validateHostAliases(aliases: readonly HostAlias[] | undefined, path: string, errors: FieldErrors): void {
  for (const [index, { ip, hostnames = [] }] of (aliases ?? []).entries()) {
    validIp(ip, `${path}[${index}].ip`, errors);
    for (const [position, name] of hostnames.entries()) dnsSubdomain(name, `${path}[${index}].hostnames[${position}]`, errors);
  }
}
