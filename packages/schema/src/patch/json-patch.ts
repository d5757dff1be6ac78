// JSON patch, RFC 6902. Pure: the document is shared with the result where nothing changes. What one patch has copied it changes
// in place, so that many operations on a large document cost no copy each.
import { deepEqual, isRecord, setMember } from '../deep.ts';
import { badRequest, requestEntityTooLarge, unprocessable } from '../errors.ts';

type Json = unknown;
/** Containers that this patch has made, and nobody else can see yet. */
type Owned = WeakSet<object>;

/** Limits of upstream: more operations, or copying more bytes than this, is refused. */
const MAX_OPERATIONS = 10_000;
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string | undefined;
  readonly value?: Json;
}

/** Why an operation does not apply; becomes a StatusError at the edge. */
class PatchError extends Error {
  override readonly name = 'PatchError';
}

/**
 * The document after all operations. Throws BadRequest for what is no patch, RequestEntityTooLarge for too many operations,
 * and 422 Invalid ('the server rejected our request due to an error in our request') when one does not apply.
 */
export function jsonPatch(document: Json, patch: unknown): Json {
  const operations = parseOperations(patch);
  let copied = 0;
  const owned: Owned = new WeakSet();
  try {
    return operations.reduce((doc: Json, operation) => {
      if (operation.op === 'copy') {
        const source = find(doc, parsePointer(operation.from ?? ''));
        copied += JSON.stringify(source)?.length ?? 0;
        if (copied > MAX_COPIED_BYTES)
          throw new PatchError(
            `Unable to complete the copy, the accumulated size increase of copy is ${copied}, exceeding the limit ${MAX_COPIED_BYTES}`,
          );
      }
      return apply(doc, operation, owned);
    }, document);
  } catch (error) {
    if (error instanceof PatchError) throw unprocessable({ cause: error });
    throw error;
  }
}

function parseOperations(patch: unknown): readonly Operation[] {
  if (!Array.isArray(patch)) throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  if (patch.length > MAX_OPERATIONS) {
    throw requestEntityTooLarge(`The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`);
  }
  return patch.map((item: unknown) => {
    if (!isRecord(item)) throw badRequest('json: cannot unmarshal value into Go value of type jsonpatch.Operation');
    const { op, path, from } = item;
    return {
      op: typeof op === 'string' ? op : 'unknown',
      path: typeof path === 'string' ? path : 'unknown',
      from: typeof from === 'string' ? from : undefined,
      value: item['value'],
    };
  });
}

function apply(document: Json, operation: Operation, owned: Owned): Json {
  const path = parsePointer(operation.path);
  switch (operation.op) {
    case 'add':
      return change(document, path, adding(operation.value ?? null), owned);
    case 'remove':
      return change(document, path, removing, owned);
    case 'replace':
      find(document, path);
      return change(document, path, replacing(operation.value ?? null), owned);
    case 'copy':
      return change(document, path, adding(shared(find(document, parsePointer(operation.from ?? '')), owned)), owned);
    case 'move':
      return move(document, operation, path, owned);
    case 'test':
      return test(document, operation, path);
    default:
      throw new PatchError(`Unexpected kind: ${operation.op}`);
  }
}

function move(document: Json, operation: Operation, path: readonly string[], owned: Owned): Json {
  const from = parsePointer(operation.from ?? '');
  const value = find(document, from);
  if (from.length < path.length && from.every((step, i) => step === path[i])) throw new PatchError('cannot move a value into itself');
  return change(change(document, from, removing, owned), path, adding(value), owned);
}

function test(document: Json, operation: Operation, path: readonly string[]): Json {
  const actual = findOrMissing(document, path);
  const wanted = operation.value ?? null;
  // Upstream holds that a missing member equals null.
  const equal = actual === undefined ? wanted === null : deepEqual(actual, wanted);
  if (!equal) throw new PatchError(`testing value ${operation.path} failed: test failed`);
  return document;
}

/** The steps of a JSON pointer; none for the whole document. */
export function parsePointer(pointer: string): readonly string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw new PatchError(`doc is missing path: ${pointer}`);
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function find(document: Json, path: readonly string[]): Json {
  const value = findOrMissing(document, path);
  if (value === undefined) throw new PatchError(`doc is missing key: /${path.join('/')}: missing value`);
  return value;
}

/** The value at the path, undefined when only its last step is missing. */
function findOrMissing(document: Json, path: readonly string[]): Json {
  let value = document;
  for (const [i, step] of path.entries()) {
    const next = member(value, step);
    if (next === undefined && i < path.length - 1) throw new PatchError(`doc is missing path: /${path.join('/')}: missing value`);
    value = next;
  }
  return value;
}

function member(holder: Json, step: string): Json {
  if (Array.isArray(holder)) return holder[listIndex(step, holder.length - 1)];
  return isRecord(holder) && Object.hasOwn(holder, step) ? holder[step] : undefined;
}

/** A list index, which must have no leading zero and be at most `max`. As upstream, negative ones count from the end. */
function listIndex(step: string, max: number): number {
  if (!/^(?:0|-?[1-9]\d*)$/.test(step)) throw new PatchError(`invalid array index: ${step}`);
  const index = Number(step) < 0 ? max + 1 + Number(step) : Number(step);
  if (index < 0 || index > max) throw new PatchError(`Unable to access invalid index: ${step}`);
  return index;
}

/** A value that comes to stand at two places, so that a change at one must not show at the other. */
function shared(value: Json, owned: Owned): Json {
  if (typeof value !== 'object' || value === null) return value;
  owned.delete(value);
  for (const inner of Object.values(value)) shared(inner, owned);
  return value;
}

/** What to do with the holder of the last step, which may be changed; `whole` where the path has no step. */
interface Edit {
  readonly whole: () => Json;
  readonly list: (items: Json[], step: string) => void;
  readonly record: (record: Record<string, Json>, step: string) => void;
}

function adding(value: Json): Edit {
  return {
    whole: () => value,
    list: (items, step) => void items.splice(step === '-' ? items.length : listIndex(step, items.length), 0, value),
    record: (record, step) => setMember(record, step, value),
  };
}

function replacing(value: Json): Edit {
  return {
    whole: () => value,
    list: (items, step) => void items.splice(listIndex(step, items.length - 1), 1, value),
    record: (record, step) => setMember(record, step, value),
  };
}

const removing: Edit = {
  whole: () => {
    throw new PatchError('Unable to remove the whole document');
  },
  list: (items, step) => void items.splice(listIndex(step, items.length - 1), 1),
  record: (record, step) => {
    if (!Object.hasOwn(record, step)) throw new PatchError(`Unable to remove nonexistent key: ${step}: missing value`);
    Reflect.deleteProperty(record, step);
  },
};

function change(holder: Json, path: readonly string[], edit: Edit, owned: Owned): Json {
  const [step, ...rest] = path;
  if (step === undefined) return edit.whole();
  if (!Array.isArray(holder) && !isRecord(holder)) throw new PatchError(`doc is missing path: /${path.join('/')}: missing value`);
  const inner = rest.length === 0 ? undefined : member(holder, step);
  if (rest.length > 0 && inner === undefined) throw new PatchError(`doc is missing path: /${path.join('/')}: missing value`);
  const applied = rest.length === 0 ? edit : replacing(change(inner, rest, edit, owned));
  if (Array.isArray(holder)) {
    const items: Json[] = owned.has(holder) ? holder : [...(holder as readonly Json[])];
    applied.list(items, step);
    owned.add(items);
    return items;
  }
  const record: Record<string, Json> = owned.has(holder) ? (holder as Record<string, Json>) : { ...holder };
  applied.record(record, step);
  owned.add(record);
  return record;
}
