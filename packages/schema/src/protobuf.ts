// Kubernetes' protobuf bodies: four magic bytes, an envelope that names the kind, and the object's message.
import { isRecord } from './deep.ts';
import { badRequest } from './errors.ts';
import { decodeMessage } from './protobuf/decode-message.ts';
import { WireError } from './protobuf/reader.ts';
import { parseApiVersion } from './resource-type.ts';
import { typeNameOf } from './type-table.ts';

/** Media type of protobuf bodies. */
export const PROTOBUF_MEDIA_TYPE = 'application/vnd.kubernetes.protobuf';

const MAGIC = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);
const ENVELOPE = 'io.k8s.apimachinery.pkg.runtime.Unknown';

/** A decoded body. */
export interface ProtobufObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** The object as a client could have sent it in JSON, apiVersion and kind included: pass it to decodeTyped. */
  readonly object: Readonly<Record<string, unknown>>;
}

/** Whether the bytes begin like a protobuf body. */
export function isProtobuf(bytes: Uint8Array): boolean {
  return bytes.length >= MAGIC.length && MAGIC.every((byte, i) => bytes[i] === byte);
}

/** Decodes a body of a built-in kind. Throws BadRequest for anything else. */
export function decodeProtobuf(bytes: Uint8Array): ProtobufObject {
  if (!isProtobuf(bytes)) throw badRequest('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  try {
    return decodeEnvelope(bytes.subarray(MAGIC.length));
  } catch (error) {
    if (error instanceof WireError) throw badRequest(`proto: ${error.message}`, { cause: error });
    throw error;
  }
}

function decodeEnvelope(bytes: Uint8Array): ProtobufObject {
  const envelope = decodeMessage(ENVELOPE, bytes);
  const fields = isRecord(envelope) ? envelope : {};
  const typeMeta = isRecord(fields['typeMeta']) ? fields['typeMeta'] : {};
  const apiVersion = textOf(typeMeta['apiVersion']);
  const kind = textOf(typeMeta['kind']);
  const typeName = typeNameOf({ ...parseApiVersion(apiVersion), kind });
  if (typeName === undefined) throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  const object = decodeMessage(typeName, Buffer.from(textOf(fields['raw']), 'base64'));
  return { apiVersion, kind, object: { ...(isRecord(object) ? object : {}), apiVersion, kind } };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
