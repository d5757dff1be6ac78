// The part of ASN.1 DER that certificates need, encoding only. Node signs and hashes; this lays out the bytes.
// (A full X.509 library costs 100 ms to import, which is a tenth of a lab's start.)

/** An encoded value. */
export type Der = Uint8Array;

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export const sequence = (...parts: readonly Der[]): Der => tagged(TAG.sequence, parts);
export const set = (...parts: readonly Der[]): Der => tagged(TAG.set, parts);
export const octetString = (bytes: Uint8Array): Der => tagged(TAG.octetString, [bytes]);
export const utf8String = (text: string): Der => tagged(TAG.utf8String, [Buffer.from(text, 'utf8')]);
export const derTrue = (): Der => tagged(TAG.boolean, [Uint8Array.of(0xff)]);
/** [n], constructed: around a whole value. */
export const explicit = (n: number, ...parts: readonly Der[]): Der => tagged(0xa0 | n, parts);
/** [n], primitive: instead of the value's own tag. */
export const implicit = (n: number, content: Uint8Array): Der => tagged(0x80 | n, [content]);

/** A non-negative integer from its big-endian bytes. */
export function integer(bytes: Uint8Array): Der {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const magnitude = bytes.subarray(start);
  // A leading one bit would read as negative.
  return tagged(TAG.integer, ((magnitude[0] ?? 0) & 0x80) !== 0 ? [Uint8Array.of(0), magnitude] : [magnitude]);
}

/** A bit string; `unused` bits at the end of the last byte do not count. */
export function bitString(bytes: Uint8Array, unused = 0): Der {
  return tagged(TAG.bitString, [Uint8Array.of(unused), bytes]);
}

/** An object identifier in dotted form: '2.5.4.3'. */
export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(TAG.oid, [Uint8Array.from([first * 40 + second, ...rest.flatMap(base128)])]);
}

/** A time in whole seconds, in the form that RFC 5280 asks for: UTCTime until 2049, GeneralizedTime after. */
export function time(ms: number): Der {
  const digits = `${new Date(ms).toISOString().slice(0, 19).replace(/\D/g, '')}Z`;
  return Number(digits.slice(0, 4)) < 2050
    ? tagged(TAG.utcTime, [Buffer.from(digits.slice(2), 'latin1')])
    : tagged(TAG.generalizedTime, [Buffer.from(digits, 'latin1')]);
}

/** PEM with this label ('CERTIFICATE'). */
export function toPem(label: string, der: Der): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function tagged(tag: number, parts: readonly Uint8Array[]): Der {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Uint8Array.from([tag, ...encodedLength(length)]), ...parts]);
}

function encodedLength(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}

function base128(value: number): readonly number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}
