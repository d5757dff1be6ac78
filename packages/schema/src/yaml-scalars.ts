// Plain text of YAML as values, as sigs.k8s.io/yaml has it: YAML 1.1 booleans and octals, but no timestamps and no base 60.
import type { ScalarTag } from 'yaml';

/** Go's scalars, tried in this order on plain text. */
export const GO_TAGS: readonly ScalarTag[] = [
  { tag: 'tag:yaml.org,2002:null', default: true, test: /^(?:~|null|Null|NULL)?$/, resolve: () => null },
  { tag: 'tag:yaml.org,2002:bool', default: true, test: /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/, resolve: () => true },
  { tag: 'tag:yaml.org,2002:bool', default: true, test: /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/, resolve: () => false },
  { tag: 'tag:yaml.org,2002:int', default: true, test: /^[-+]?0b[01_]+$/, resolve: (text) => radix(text, '0b', 2) },
  { tag: 'tag:yaml.org,2002:int', default: true, test: /^[-+]?0x[0-9a-fA-F_]+$/, resolve: (text) => radix(text, '0x', 16) },
  { tag: 'tag:yaml.org,2002:int', default: true, test: /^[-+]?0o[0-7_]+$/, resolve: (text) => radix(text, '0o', 8) },
  { tag: 'tag:yaml.org,2002:int', default: true, test: /^[-+]?0[0-7_]+$/, resolve: (text) => radix(text, '0', 8) },
  { tag: 'tag:yaml.org,2002:int', default: true, test: /^[-+]?(?:0|[1-9][0-9_]*)$/, resolve: (text) => Number(text.replaceAll('_', '')) },
  {
    tag: 'tag:yaml.org,2002:float',
    default: true,
    test: /^[-+]?(?:\.[0-9_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/,
    resolve: (text) => Number(text.replaceAll('_', '')),
  },
  { tag: 'tag:yaml.org,2002:binary', resolve: (text) => Buffer.from(text, 'base64').toString('utf8') },
];

/** Characters with which no plain text begins that is anything but text. */
const TEXT = /^[A-DG-MP-SU-XZa-dg-mp-su-xz_/$(\\]/;

/** Most numbers are these. */
const DECIMAL = /^(?:0|[1-9][0-9]{0,14})$/;

/** The value of plain text. */
export function plainScalar(text: string): unknown {
  if (TEXT.test(text)) return text;
  if (DECIMAL.test(text)) return Number(text);
  const tag = GO_TAGS.find((one) => one.default === true && one.test?.test(text) === true);
  return tag ? (tag.resolve(text, fail, {}) as unknown) : text;
}

function fail(message: string): never {
  throw new Error(message);
}

function radix(text: string, prefix: string, base: number): number {
  const digits = text.replace(/^[-+]/, '').slice(prefix.length).replaceAll('_', '');
  return (text.startsWith('-') ? -1 : 1) * Number.parseInt(digits, base);
}
