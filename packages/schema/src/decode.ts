// Decoding of built-in kinds: what Go's decoder and encoder would make of a document.
import type { Decoding } from './decode/decoding.ts';
import { isRecord } from './deep.ts';
import { badRequest } from './errors.ts';
import { decoderOf } from './decode/compile.ts';
import { DecodeError } from './decode/decoding.ts';
import { parseApiVersion } from './resource-type.ts';
import { findTypeDef } from './type-table.ts';

/** A decoded object and the paths of the fields that its type does not have. */
export interface Decoded {
  readonly object: Readonly<Record<string, unknown>>;
  readonly unknownFields: readonly string[];
}

/**
 * Decodes a JSON value as the type: drops unknown fields and reports them ('spec.containers[0].bogus'), reads null as unset,
 * brings quantities and times into canonical form, and states the empty members that a server states
 * (`metadata.creationTimestamp: null` in a template, `resources: {}`, `status: {}`). Field names are case-sensitive.
 * A value of the wrong type is a BadRequest with Go's words:
 * 'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field …'.
 * `known` is an earlier state of the object, decoded before: the parts that the value shares with it are taken as they are.
 */
export function decodeTyped(typeName: string, value: unknown, known?: unknown): Decoded {
  const at: Decoding = { path: [], struct: '', unknownFields: [], known };
  try {
    const object = decoderOf(typeName)(value, at);
    return { object: isRecord(object) ? object : {}, unknownFields: at.unknownFields };
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(prefix(typeName, value) + error.message, { cause: error });
    throw error;
  }
}

function prefix(typeName: string, value: unknown): string {
  const kinds = findTypeDef(typeName)?.gvk ?? [];
  const apiVersion = isRecord(value) && typeof value['apiVersion'] === 'string' ? parseApiVersion(value['apiVersion']) : undefined;
  const gvk = kinds.find((k) => k.group === apiVersion?.group && k.version === apiVersion.version) ?? kinds[0];
  return gvk ? `${gvk.kind} in version ${JSON.stringify(gvk.version)} cannot be handled as a ${gvk.kind}: ` : '';
}
