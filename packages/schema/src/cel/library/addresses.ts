// ip() and cidr(), as the Kubernetes CEL library has them.
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';

/** An IP address. */
export class Ip {
  readonly text: string;
  readonly family: 4 | 6;

  constructor(text: string) {
    const mapped = /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(text);
    if (mapped) throw new Error(`IP Address '${text}' parse error during conversion from string: IPv4-mapped IPv6 address is not allowed`);
    if (text.includes('%'))
      throw new Error(`IP Address '${text}' parse error during conversion from string: IP address with zone value is not allowed`);
    if (!isIPv4(text) && !isIPv6(text))
      throw new Error(`IP Address '${text}' parse error during conversion from string: ParseAddr("${text}"): unable to parse IP`);
    this.text = isIPv4(text) ? text : canonicalIpv6(text);
    this.family = isIPv4(text) ? 4 : 6;
  }

  toString(): string {
    return this.text;
  }
}

/** A range of addresses. */
export class Cidr {
  readonly ip: Ip;
  readonly bits: number;

  constructor(text: string) {
    const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
    const wrong = (): Error =>
      new Error(`network address parse error during conversion from string: netip.ParsePrefix("${text}"): no valid prefix`);
    if (!isIPv4(address) && !isIPv6(address)) throw wrong();
    this.ip = new Ip(address);
    this.bits = Number(bits);
    if (this.bits > (this.ip.family === 4 ? 32 : 128)) throw wrong();
  }

  toString(): string {
    return `${this.ip.text}/${this.bits}`;
  }

  contains(ip: Ip): boolean {
    if (ip.family !== this.ip.family) return false;
    const list = new BlockList();
    const family = ip.family === 4 ? 'ipv4' : 'ipv6';
    list.addSubnet(this.ip.text, this.bits, family);
    return list.check(ip.text, family);
  }

  /** The address with the bits of the host cleared. */
  masked(): Cidr {
    const size = this.ip.family === 4 ? 32 : 128;
    const value = numberOf(this.ip);
    const host = BigInt(size - this.bits);
    return new Cidr(`${textOf((value >> host) << host, this.ip.family)}/${this.bits}`);
  }
}

/** `ip` itself, on which isCanonical is called. */
class IpNamespace {}

export function addAddresses(env: Environment): void {
  const sync = { async: false };
  env.registerType('net.IP', Ip);
  env.registerType('net.CIDR', Cidr);
  env.registerType('kubernetes.IpNamespace', IpNamespace);
  env.registerConstant('ip', 'kubernetes.IpNamespace', new IpNamespace());
  const parses = (make: (text: string) => unknown) => (text: string) => {
    try {
      return make(text) !== undefined;
    } catch {
      // What does not parse is not one.
      return false;
    }
  };
  env.registerFunction('ip(string): net.IP', (text: string) => new Ip(text), sync);
  env.registerFunction(
    'isIP(string): bool',
    parses((text) => new Ip(text)),
    sync,
  );
  env.registerFunction('string(net.IP): string', (ip: Ip) => ip.text, sync);
  env.registerFunction('net.IP.family(): int', (ip: Ip) => BigInt(ip.family), sync);
  env.registerFunction('net.IP.isUnspecified(): bool', (ip: Ip) => ip.text === '0.0.0.0' || ip.text === '::', sync);
  env.registerFunction('net.IP.isLoopback(): bool', (ip: Ip) => ip.text.startsWith('127.') || ip.text === '::1', sync);
  env.registerFunction('net.IP.isLinkLocalUnicast(): bool', (ip: Ip) => within(ip, '169.254.0.0/16', 'fe80::/10'), sync);
  env.registerFunction('net.IP.isLinkLocalMulticast(): bool', (ip: Ip) => within(ip, '224.0.0.0/24', 'ff02::/16'), sync);
  env.registerFunction('net.IP.isGlobalUnicast(): bool', (ip: Ip) => isGlobalUnicast(ip), sync);
  env.registerFunction(
    'kubernetes.IpNamespace.isCanonical(string): bool',
    (_space: unknown, text: string) => new Ip(text).text === text,
    sync,
  );
  env.registerOperator('net.IP == net.IP', (a: Ip, b: Ip) => a.text === b.text);
  env.registerFunction('cidr(string): net.CIDR', (text: string) => new Cidr(text), sync);
  env.registerFunction(
    'isCIDR(string): bool',
    parses((text) => new Cidr(text)),
    sync,
  );
  env.registerFunction('string(net.CIDR): string', (cidr: Cidr) => `${cidr.ip.text}/${cidr.bits}`, sync);
  env.registerFunction('net.CIDR.containsIP(net.IP): bool', (cidr: Cidr, ip: Ip) => cidr.contains(ip), sync);
  env.registerFunction('net.CIDR.containsIP(string): bool', (cidr: Cidr, ip: string) => cidr.contains(new Ip(ip)), sync);
  env.registerFunction('net.CIDR.containsCIDR(net.CIDR): bool', (a: Cidr, b: Cidr) => a.bits <= b.bits && a.contains(b.ip), sync);
  env.registerFunction(
    'net.CIDR.containsCIDR(string): bool',
    (a: Cidr, text: string) => {
      const b = new Cidr(text);
      return a.bits <= b.bits && a.contains(b.ip);
    },
    sync,
  );
  env.registerFunction('net.CIDR.ip(): net.IP', (cidr: Cidr) => cidr.ip, sync);
  env.registerFunction('net.CIDR.masked(): net.CIDR', (cidr: Cidr) => cidr.masked(), sync);
  env.registerFunction('net.CIDR.prefixLength(): int', (cidr: Cidr) => BigInt(cidr.bits), sync);
  env.registerOperator('net.CIDR == net.CIDR', (a: Cidr, b: Cidr) => a.ip.text === b.ip.text && a.bits === b.bits);
}

function within(ip: Ip, ipv4: string, ipv6: string): boolean {
  return new Cidr(ip.family === 4 ? ipv4 : ipv6).contains(ip);
}

function isGlobalUnicast(ip: Ip): boolean {
  if (ip.text === '0.0.0.0' || ip.text === '255.255.255.255' || ip.text === '::') return false;
  return !within(ip, '127.0.0.0/8', '::1/128') && !within(ip, '224.0.0.0/4', 'ff00::/8') && !within(ip, '169.254.0.0/16', 'fe80::/10');
}

/** RFC 5952: lower case, the longest run of zeros as '::'. */
function canonicalIpv6(text: string): string {
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

function numberOf({ text, family }: Ip): bigint {
  if (family === 4) return text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  const [head = '', tail] = text.split('::');
  const groups = (part: string | undefined): string[] => (part ? part.split(':') : []);
  const [before, after] = [groups(head), groups(tail)];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array<string>(zeros).fill('0'), ...after].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function textOf(value: bigint, family: 4 | 6): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  return [...Array(8).keys()].map((i) => ((value >> BigInt(112 - i * 16)) & 0xffffn).toString(16)).join(':');
}
