// Answers made of bytes that were encoded when the object was written, so that reading an object costs no encoding.
import { type ApiResponse, apiVersionOf, type KubeObject, type WatchFrame } from '@holdfast/schema';
import type { StoreEntry, StoreEvent } from '@holdfast/store';
import type { ResourceDefinition } from '../registry/resource-definition.ts';

/** An object as this definition's version shows it. */
export function present(definition: ResourceDefinition, entry: StoreEntry<KubeObject>): KubeObject {
  return definition.fromStored(entry.value);
}

/** The JSON of an object as this version shows it; what is stored in another version is encoded anew. */
function bytesOf(entry: StoreEntry<KubeObject>, object: KubeObject): Uint8Array {
  return object === entry.value ? entry.encoded() : Buffer.from(JSON.stringify(object));
}

/** An answer that is one object. Where `entry` still holds that very object when the answer is sent, its bytes are sent as they were stored. */
export class ObjectAnswer {
  readonly kind = 'object';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly object: unknown;
  readonly #entry: () => StoreEntry<KubeObject> | undefined;

  constructor(status: number, headers: Readonly<Record<string, string>>, object: unknown, entry: () => StoreEntry<KubeObject> | undefined) {
    this.status = status;
    this.headers = headers;
    this.object = object;
    this.#entry = entry;
  }

  /** Asked for by whoever sends it, which a caller in the same process never does. Undefined: to be encoded anew. */
  get encoded(): Uint8Array | undefined {
    const entry = this.#entry();
    return entry?.value === this.object ? entry?.encoded() : undefined;
  }
}

/** A list as it is sent: the parts around the items, and the entries. */
export interface ListedEntries {
  readonly definition: ResourceDefinition;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly entries: readonly StoreEntry<KubeObject>[];
}

/** The answer of a list, as values and as bytes; either is made when it is first asked for. */
export function entriesAnswer(headers: Readonly<Record<string, string>>, list: ListedEntries): ApiResponse {
  const { definition, metadata, entries } = list;
  const head = { kind: definition.listKind, apiVersion: apiVersionOf(definition), metadata };
  let object: unknown;
  return {
    kind: 'object',
    status: 200,
    headers,
    get object() {
      return (object ??= { ...head, items: entries.map((entry) => listed(definition, present(definition, entry))) });
    },
    get encoded() {
      return encodeList(head, list);
    },
  };
}

/** Items of built-in kinds say neither their kind nor their version. */
function listed(definition: ResourceDefinition, object: KubeObject): KubeObject {
  if (definition.custom) return object;
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return rest;
}

function encodeList(head: object, { definition, entries }: ListedEntries): Uint8Array {
  const start = Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`);
  const header = definition.custom ? [] : headersOf(definition);
  // What is left out at the beginning of each item's bytes: its kind and version, but for the brace.
  const items: Buffer[] = [];
  const skips: number[] = [];
  let length = start.length + END.length;
  for (const entry of entries) {
    const object = present(definition, entry);
    let bytes = asBuffer(bytesOf(entry, object));
    let skip = definition.custom ? 0 : (header.find((text) => bytes.compare(text, 0, text.length, 0, text.length) === 0)?.length ?? -1);
    if (skip < 0) {
      bytes = Buffer.from(JSON.stringify(listed(definition, object)));
      skip = 0;
    }
    items.push(bytes);
    skips.push(skip);
    length += 1 + bytes.length - skip + (skip > 0 ? 1 : 0);
  }
  const whole = Buffer.allocUnsafe(length);
  let at = start.copy(whole, 0);
  for (const [index, bytes] of items.entries()) {
    if (index > 0) whole[at++] = COMMA;
    if (skips[index]! > 0) whole[at++] = BRACE;
    at += bytes.copy(whole, at, skips[index]);
  }
  at += END.copy(whole, at);
  return whole.subarray(0, at);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const BRACE = 0x7b;
const COMMA = 0x2c;
const FRAME_END = Buffer.from('}\n');
const END = Buffer.from(']}\n');

/** The two ways in which an object's JSON can begin with its kind and version. */
function headersOf({ kind, ...definition }: ResourceDefinition): readonly Buffer[] {
  const [k, v] = [`"kind":${JSON.stringify(kind)},`, `"apiVersion":${JSON.stringify(apiVersionOf(definition))},`];
  return [Buffer.from(`{${k}${v}`), Buffer.from(`{${v}${k}`)];
}

/** How many of the last changes have their frames kept: a watcher that is further behind has its own made. */
const FRAMES_KEPT = 1024;

/** Frames of the last stored changes, one for all who watch the same version: their lines are encoded once as well. */
export class FrameCache {
  /** By revision, each in the place of the one that came so many before it. */
  readonly #kept: { readonly event: StoreEvent<KubeObject>; readonly frames: EntryFrame[] }[] = [];

  /** The frame of `type` for the event's new state. */
  frame(definition: ResourceDefinition, type: 'ADDED' | 'MODIFIED' | 'DELETED', event: StoreEvent<KubeObject>): WatchFrame {
    const place = event.revision % FRAMES_KEPT;
    let kept = this.#kept[place];
    if (kept?.event !== event) {
      kept = { event, frames: [] };
      // A watcher that is behind does not take the place of what the others are about to read.
      if ((this.#kept[place]?.event.revision ?? 0) < event.revision) this.#kept[place] = kept;
    }
    const known = kept.frames.find((frame) => frame.type === type && frame.definition === definition);
    if (known) return known;
    const made = new EntryFrame(definition, type, event.entry);
    kept.frames.push(made);
    return made;
  }
}

/** The frame of an entry, encoded when somebody first sends it. */
export class EntryFrame implements WatchFrame {
  readonly type: WatchFrame['type'];
  readonly object: KubeObject;
  readonly definition: ResourceDefinition;
  readonly #entry: StoreEntry<KubeObject>;
  #line: Uint8Array | undefined;

  constructor(definition: ResourceDefinition, type: WatchFrame['type'], entry: StoreEntry<KubeObject>) {
    this.type = type;
    this.definition = definition;
    this.object = present(definition, entry);
    this.#entry = entry;
  }

  get line(): Uint8Array {
    return (this.#line ??= Buffer.concat([Buffer.from(`{"type":"${this.type}","object":`), bytesOf(this.#entry, this.object), FRAME_END]));
  }
}
