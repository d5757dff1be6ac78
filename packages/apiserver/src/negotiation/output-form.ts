// What a client asks an answer to be: the object as it is, a table for people, or its metadata alone.
import { badRequest, notAcceptable } from '@holdfast/schema';
import { covers, parseAccept } from './accept.ts';

/** How much of each object a table row carries. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** What is sent in place of the object; `version` is that of meta.k8s.io. */
export type OutputForm =
  | { readonly kind: 'plain' }
  | { readonly kind: 'table'; readonly version: 'v1' | 'v1beta1'; readonly includeObject: IncludeObject }
  | { readonly kind: 'metadata'; readonly version: 'v1' | 'v1beta1' };

/** Media types that answers can have. Protobuf is decoded but never written: clients that prefer it also accept JSON. */
export const WRITTEN_MEDIA_TYPES = ['application/json', 'application/yaml'] as const;
export type WireFormat = 'json' | 'yaml';

const WIRE_FORMATS: readonly (readonly [string, WireFormat])[] = [
  ['application/json', 'json'],
  ['application/yaml', 'yaml'],
];
const METADATA_KINDS = new Set(['PartialObjectMetadata', 'PartialObjectMetadataList']);
const INCLUDE_OBJECT: readonly IncludeObject[] = ['None', 'Metadata', 'Object'];

/** The form and the format of the first acceptable clause of the header. */
export interface Negotiated {
  readonly form: OutputForm;
  readonly format: WireFormat;
}

/**
 * Chooses how to answer a request for objects. Clauses that ask for a transformation which is not known are passed over.
 * Throws NotAcceptable (406) when nothing in `accept` can be written, BadRequest for a wrong `includeObject`.
 */
export function negotiateOutput(accept: string | undefined, query: URLSearchParams): Negotiated {
  for (const clause of parseAccept(accept)) {
    const format = WIRE_FORMATS.find(([mediaType]) => covers(clause, mediaType))?.[1];
    const form = format && formOf(clause.parameters, query);
    if (format && form) return { form, format };
  }
  throw notAcceptable(WRITTEN_MEDIA_TYPES);
}

/** The format alone, for answers that have one form only. Undefined when the header accepts none that can be written. */
export function wireFormatOf(accept: string | undefined): WireFormat | undefined {
  for (const clause of parseAccept(accept)) {
    const format = WIRE_FORMATS.find(([mediaType]) => covers(clause, mediaType))?.[1];
    if (format) return format;
  }
  return undefined;
}

function formOf(parameters: Readonly<Record<string, string>>, query: URLSearchParams): OutputForm | undefined {
  const { as, g, v } = parameters;
  if (as === undefined) return { kind: 'plain' };
  if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined;
  if (as === 'Table') return { kind: 'table', version: v, includeObject: includeObjectOf(query) };
  return METADATA_KINDS.has(as) ? { kind: 'metadata', version: v } : undefined;
}

function includeObjectOf(query: URLSearchParams): IncludeObject {
  const asked = query.get('includeObject');
  if (asked === null || asked === '') return 'Metadata';
  const known = INCLUDE_OBJECT.find((value) => value === asked);
  if (!known) throw badRequest(`unrecognized includeObject value: ${JSON.stringify(asked)}`);
  return known;
}
