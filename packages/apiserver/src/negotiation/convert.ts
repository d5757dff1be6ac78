// Turns an answer made of whole objects into the form that was asked for: tables or metadata alone, watches included.
import type { Clock } from '@holdfast/clock';
import { type ApiResponse, isRecord, type KubeObject, type WatchFrame } from '@holdfast/schema';
import { makeTable, partialMetadata } from '../table/table.ts';
import type { TableSource } from '../table/table-source.ts';
import type { OutputForm } from './output-form.ts';

type Transformation = Exclude<OutputForm, { kind: 'plain' }>;

export interface ConversionContext {
  /** The resource whose objects the answer holds. */
  readonly source: TableSource;
  /** Ages are counted to the clock's now. */
  readonly clock: Clock;
}

/**
 * The answer in the form asked for. Status objects (failures, deletions) and answers that are no API objects stay as they
 * are. Takes lists (recognised by their `items`) and single objects alike.
 */
export function convertResponse(response: ApiResponse, form: OutputForm, context: ConversionContext): ApiResponse {
  if (form.kind === 'plain') return response;
  if (response.kind === 'watch') return { ...response, frames: convertFrames(response.frames, form, context) };
  if (response.kind !== 'object' || isStatus(response.object)) return response;
  // Without `encoded`, which is the JSON of what was there before.
  const { status, headers, object } = response;
  return { kind: 'object', status, headers, object: convertObject(object, form, context, true) };
}

async function* convertFrames(
  frames: AsyncIterable<WatchFrame>,
  form: Transformation,
  context: ConversionContext,
): AsyncGenerator<WatchFrame> {
  // Column definitions go out once: clients keep those of the first event.
  let withColumns = true;
  for await (const frame of frames) {
    if (frame.type === 'ERROR') {
      yield frame;
      continue;
    }
    yield { type: frame.type, object: convertObject(frame.object, form, context, withColumns) };
    withColumns = false;
  }
}

function convertObject(object: unknown, form: Transformation, { source, clock }: ConversionContext, withColumns: boolean): KubeObject {
  const list = isList(object) ? object : undefined;
  const items = list ? list.items : [object as KubeObject];
  if (form.kind === 'table') {
    const metadata = list ? list.metadata : { resourceVersion: items[0]?.metadata?.resourceVersion };
    const rows = list && form.includeObject === 'Object' ? typed(list) : items;
    return makeTable(rows, { source, now: clock.now(), withColumns, metadata, ...form });
  }
  const apiVersion = `meta.k8s.io/${form.version}`;
  const parts = items.map((item) => partialMetadata(item, apiVersion));
  if (!list) return parts[0] ?? partialMetadata({ metadata: {} }, apiVersion);
  const whole = { kind: 'PartialObjectMetadataList', apiVersion, metadata: list.metadata ?? {}, items: parts };
  return whole;
}

/** Items of a list need not say what they are; the objects of a table's rows must, or kubectl can neither sort nor print them. */
function typed({ kind, apiVersion, items }: ListLike): readonly KubeObject[] {
  return items.map((item) => ({ kind: kind.replace(/List$/, ''), apiVersion, ...item }));
}

interface ListLike {
  readonly kind: string;
  readonly apiVersion?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly items: readonly KubeObject[];
}

function isList(value: unknown): value is ListLike {
  return isRecord(value) && Array.isArray(value['items']) && typeof value['kind'] === 'string' && value['kind'].endsWith('List');
}

function isStatus(value: unknown): boolean {
  return isRecord(value) && value['kind'] === 'Status' && value['apiVersion'] === 'v1';
}
