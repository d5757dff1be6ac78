// The letters that tell revisions of a pod template apart in names. They do not depend on the order of the template's fields.
import { type PodTemplateSpec, sortedJson } from '@holdfast/schema';

/** Upstream's alphabet of generated names: no vowels, and no digits that look like them. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * What the name of a StatefulSet's revision ends with: exactly what upstream's ends with (FNV-1 of the data's JSON and the
 * collision count, HashControllerRevision), so that a set has the same revisions under either controller.
 */
export function revisionHash(data: unknown, collisionCount: number): string {
  let hash = OFFSET_BASIS;
  for (const byte of Buffer.from(`${sortedJson(data)}${collisionCount}`)) hash = (Math.imul(hash, PRIME) ^ byte) >>> 0;
  return safeEncoded(hash);
}

/**
 * What the name of a deployment's ReplicaSet or of a DaemonSet's revision ends with. Upstream hashes Go's print of the template
 * (ComputeHash), which has no counterpart here: the letters look the same and are others.
 */
export function templateHash(template: PodTemplateSpec | undefined, collisionCount: number): string {
  let hash = OFFSET_BASIS;
  for (const byte of Buffer.from(`${sortedJson(template)}${collisionCount || ''}`)) hash = Math.imul(hash ^ byte, PRIME) >>> 0;
  return safeEncoded(hash);
}

/** Upstream's SafeEncodeString of the number's digits. */
function safeEncoded(hash: number): string {
  return Array.from(String(hash), (digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('');
}
