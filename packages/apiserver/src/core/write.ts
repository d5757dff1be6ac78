// Creating, changing and removing objects: the order of steps of section "write path" of the API's conventions.
import { formatTime, nameSuffix, uuid } from '@holdfast/clock';
import {
  alreadyExists,
  badRequest,
  conflict,
  deepEqual,
  type FieldError,
  generateNameConflict,
  invalid,
  type KubeObject,
  notFound,
  type ObjectMeta,
  type StatusObject,
  successStatus,
  type UnstructuredObject,
  type UserInfo,
} from '@holdfast/schema';
import { RevisionConflict, type StoreEntry } from '@holdfast/store';
import { admit, admitDeletion, admitValid } from '../admission/index.ts';
import type { Attributes } from '../admission/plugin.ts';
import { managedFieldsProblems } from '../field-managers/manager-name.ts';
import { onlyTimesDiffer, trackChange, trackCreation, type TrackedWrite, withManagedFields } from '../field-managers/track.ts';
import type { ResourceDefinition } from '../registry/resource-definition.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { type ServerContext, storageKey } from './server-context.ts';
import { settableMetadata } from './settable-metadata.ts';

export interface WriteContext {
  readonly server: ServerContext;
  readonly definition: ResourceDefinition;
  readonly namespace: string;
  readonly dryRun: boolean;
  readonly subresource: string;
  /** Texts for Warning headers; a write made on the server's own behalf has none. */
  readonly warnings?: string[];
  /** What the request's options are, as admission webhooks are told. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** On whose behalf; absent: the server's own, which nothing is refused. */
  readonly user?: UserInfo;
  /** Who writes; without it nobody comes to own a field by this write. */
  readonly manager?: string;
  /** Between steps: others have their turn. */
  readonly turn?: (() => Promise<void>) | undefined;
  /** The object comes from server-side apply and has its managers already. */
  readonly applied?: boolean;
}

export interface DeleteOptionsBody {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

const GENERATE_ATTEMPTS = 8;
const GENERATED_BASE_LIMIT = 58;
const CAS_ATTEMPTS = 20;

/** Creates an object; resolves with it as stored, in the version asked for. */
export async function createObject(context: WriteContext, input: KubeObject): Promise<KubeObject> {
  const { server, definition, namespace, dryRun } = context;
  const { clock, random } = server;
  if (input.metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  const given = input.metadata;
  if (definition.namespaced && given.namespace && given.namespace !== namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
  const base = given.generateName;
  const tracked = trackedWrite(context);
  const managedFields = context.applied || !tracked ? given.managedFields : trackCreation(tracked, input);
  if (context.turn) await context.turn();
  const {
    selfLink: _selfLink,
    deletionTimestamp: _deletion,
    deletionGracePeriodSeconds: _grace,
    managedFields: _managed,
    uid: _uid,
    creationTimestamp: _created,
    ...kept
  } = given;
  const place = definition.namespaced ? { namespace } : {};
  // Admission comes before the object is given a name, a uid and a time.
  const nameless = { ...input, metadata: { ...kept, ...place, ...(managedFields?.length ? { managedFields } : {}) } };
  const admitted = await admit(server, attributesOf(context, 'CREATE', given.name || base || '', nameless));
  for (let attempt = 1; ; attempt++) {
    const { metadata } = admitted;
    const generated = !metadata.name && base ? `${base.slice(0, GENERATED_BASE_LIMIT)}${nameSuffix(random)}` : undefined;
    const name = metadata.name || generated || '';
    let object: KubeObject = {
      ...admitted,
      metadata: {
        ...metadata,
        name,
        ...place,
        uid: uuid(random),
        creationTimestamp: formatTime(clock.now()),
        ...(definition.strategy.generation ? { generation: 1 } : {}),
      },
    };
    object = definition.strategy.prepareForCreate(object, server);
    throwInvalid(definition, name || base || '', [
      ...validateMetadata(definition, object),
      ...managedFieldsProblems(managedFields ?? []),
      ...definition.strategy.validate(object),
      ...(definition.strategy.validateCreate?.(object) ?? []),
    ]);
    warn(definition, context.warnings, object);
    if (context.turn) await context.turn();
    const asking = admitValid(server, attributesOf(context, 'CREATE', name, object));
    if (asking) await asking;
    if (dryRun) return object;
    const key = storageKey(definition, namespace, name);
    try {
      const stored = await server.store.put(key, (revision) => definition.toStored(withRevision(object, revision)), 0);
      return definition.fromStored(stored.value);
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error;
      if (generated === undefined) throw alreadyExists(definition, name);
      if (attempt >= GENERATE_ATTEMPTS) throw generateNameConflict(definition, name);
    }
  }
}

/** What an update makes of the current object. */
export type Change = (current: KubeObject) => KubeObject | Promise<KubeObject>;

/**
 * Changes an object by compare-and-swap. `change` gets the current object and returns the wanted one; when that carries a
 * resourceVersion it is a precondition, otherwise the change is made again on whatever is there.
 */
export async function updateObject(
  context: WriteContext,
  name: string,
  change: Change,
  options: { readonly unconditional?: boolean; readonly raw?: boolean; readonly applied?: boolean } = {},
): Promise<KubeObject> {
  const { server, definition, namespace } = context;
  const key = storageKey(definition, namespace, name);
  for (let attempt = 1; ; attempt++) {
    const entry = server.store.get(key);
    if (!entry) throw notFound(definition, name);
    const old = definition.fromStored(entry.value);
    const changing = change(old);
    const wanted = changing instanceof Promise ? await changing : changing;
    const conditional = Boolean(wanted.metadata.resourceVersion) && options.unconditional !== true;
    checkIdentity(definition, name, wanted, old, conditional);
    let next = wanted;
    if (!options.raw) {
      const managedFields = managedFieldsAfter(context, wanted, old, options.applied);
      next = withManagedFields(prepareUpdate(context, wanted, old), managedFields);
      if (context.turn) await context.turn();
      const admitting = admit(server, attributesOf(context, 'UPDATE', name, next, old));
      const admitted = admitting instanceof Promise ? await admitting : admitting;
      // Whatever webhooks wrote into what is not to be written comes off again.
      if (admitted !== next) next = withManagedFields(prepareUpdate(context, admitted, old), admitted.metadata.managedFields);
      next = validUpdate(context, name, wanted, old, next, managedFields);
      if (context.turn) await context.turn();
      const asking = admitValid(server, attributesOf(context, 'UPDATE', name, next, old));
      if (asking) await asking;
    }
    next = withVersion(next, old.metadata.resourceVersion);
    if (deepEqual(next, old) || onlyTimesDiffer(next, old)) return old;
    if (context.dryRun) return next;
    try {
      return definition.fromStored((await write(context, key, next, entry.modRevision)).value);
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error;
      if (conditional || attempt >= CAS_ATTEMPTS) throw conflict(definition, name);
    }
  }
}

/** The wanted object must be of the version and the life that are there. */
function checkIdentity(definition: ResourceDefinition, name: string, wanted: KubeObject, old: KubeObject, conditional: boolean): void {
  const { uid, resourceVersion } = wanted.metadata;
  if (conditional && resourceVersion !== old.metadata.resourceVersion) throw conflict(definition, name);
  if (!uid || uid === old.metadata.uid) return;
  throw conflict(definition, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`);
}

function managedFieldsAfter(context: WriteContext, wanted: KubeObject, old: KubeObject, applied = false): ObjectMeta['managedFields'] {
  const tracked = applied ? undefined : trackedWrite(context);
  return tracked ? trackChange(tracked, wanted, old) : wanted.metadata.managedFields;
}

/** The object with its generation, once nothing is wrong with it; throws Invalid (422). */
function validUpdate(
  { definition, subresource, warnings }: WriteContext,
  name: string,
  wanted: KubeObject,
  old: KubeObject,
  changed: KubeObject,
  managedFields: ObjectMeta['managedFields'],
): KubeObject {
  const next = stampGeneration(definition, changed, old, subresource);
  throwInvalid(definition, name, [
    ...validateMetadata(definition, next),
    ...managedFieldsProblems(managedFields ?? []),
    ...validateMetadataUpdate(definition, wanted, next, old),
    ...(subresource === 'status'
      ? (definition.strategy.validateStatus?.(next, old) ?? [])
      : [...definition.strategy.validate(next), ...updateProblems(definition, subresource, next, old)]),
  ]);
  if (subresource === '') warn(definition, warnings, next);
  return next;
}

/** Puts the object in the place of the entry of that revision; one that nothing holds any longer goes. Rejects with RevisionConflict. */
function write({ server, definition }: WriteContext, key: string, next: KubeObject, modRevision: number): Promise<StoreEntry<KubeObject>> {
  const stamped = (revision: number): KubeObject => definition.toStored(withRevision(next, revision));
  if (next.metadata.deletionTimestamp && isFinished(definition, next)) return server.store.delete(key, stamped, modRevision);
  return server.store.put(key, stamped, modRevision);
}

function updateProblems({ strategy }: ResourceDefinition, subresource: string, next: KubeObject, old: KubeObject): readonly FieldError[] {
  const through = strategy.validateThrough?.[subresource];
  return through ? through(next, old) : strategy.validateUpdate(next, old);
}

/** Begins or completes the deletion of an object. The object while it is still there, else a Status. */
export async function deleteObject(context: WriteContext, name: string, options: DeleteOptionsBody): Promise<KubeObject | StatusObject> {
  const { server, definition, namespace, dryRun } = context;
  const key = storageKey(definition, namespace, name);
  for (;;) {
    const entry = server.store.get(key);
    if (!entry) throw notFound(definition, name);
    const old = definition.fromStored(entry.value);
    checkPreconditions(definition, name, old, options);
    await admitDeletion(server, { ...attributesOf(context, 'DELETE', name, old, old), subresource: '' });
    const next = markDeleted(server, definition, old, options);
    if (next === old) return old;
    if (dryRun) return next;
    try {
      if (isFinished(definition, next)) {
        // A graceful deletion ends with a write of its own: watchers see that the grace period is over, then that the object is gone.
        const last = definition.strategy.graceful && !deepEqual(next, old);
        const stamped = (revision: number): KubeObject => definition.toStored(withRevision(next, revision));
        const { modRevision } = last ? await server.store.put(key, stamped, entry.modRevision) : entry;
        const removed = await server.store.delete(key, stamped, modRevision);
        const gone = definition.fromStored(removed.value);
        if (definition.strategy.graceful) return gone;
        return successStatus({
          name,
          ...(definition.group ? { group: definition.group } : {}),
          kind: definition.resource,
          ...(gone.metadata.uid ? { uid: gone.metadata.uid } : {}),
        });
      }
      const stored = await server.store.put(key, (revision) => definition.toStored(withRevision(next, revision)), entry.modRevision);
      return definition.fromStored(stored.value);
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error;
    }
  }
}

/** Written out, as every write passes here twice: copies of copies cost more than what admission itself does. */
function attributesOf(
  { definition, namespace, subresource, user, dryRun, warnings, options }: WriteContext,
  operation: Attributes['operation'],
  name: string,
  object: KubeObject,
  old?: KubeObject,
): Attributes {
  return { definition, operation, namespace, name, subresource, user, dryRun, warnings, options, object, old };
}

/** Whether nothing keeps an object whose deletion has begun. */
function isFinished({ strategy }: ResourceDefinition, object: KubeObject): boolean {
  const { finalizers, deletionGracePeriodSeconds } = object.metadata;
  return !finalizers?.length && (deletionGracePeriodSeconds ?? 0) === 0 && strategy.isHeld?.(object) !== true;
}

function checkPreconditions(definition: ResourceDefinition, name: string, object: KubeObject, { preconditions }: DeleteOptionsBody): void {
  const { uid, resourceVersion } = object.metadata;
  if (preconditions?.uid && preconditions.uid !== uid) {
    throw conflict(definition, name, `Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${uid}`);
  }
  if (preconditions?.resourceVersion && preconditions.resourceVersion !== resourceVersion) {
    throw conflict(
      definition,
      name,
      `Precondition failed: ResourceVersion in precondition: ${preconditions.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
    );
  }
}

/** The object with its deletion begun; the same object when there is nothing left to do but wait. */
function markDeleted(server: ServerContext, definition: ResourceDefinition, old: KubeObject, options: DeleteOptionsBody): KubeObject {
  const meta = old.metadata;
  const finalizers = finalizersFor(meta, options);
  const grace = definition.strategy.graceful ? gracePeriod(old, options) : 0;
  const changed = !deepEqual(finalizers, meta.finalizers ?? []);
  if (meta.deletionTimestamp) {
    const current = meta.deletionGracePeriodSeconds ?? 0;
    // A second delete may only shorten the time.
    if (grace >= current) {
      const finished = current === 0 && finalizers.length === 0 && definition.strategy.isHeld?.(old) !== true;
      return changed || finished ? { ...old, metadata: { ...meta, finalizers } } : old;
    }
    const begun = Date.parse(meta.deletionTimestamp) - current * 1000;
    return {
      ...old,
      metadata: { ...meta, finalizers, deletionTimestamp: formatTime(begun + grace * 1000), deletionGracePeriodSeconds: grace },
    };
  }
  return {
    ...(definition.strategy.beginDeletion?.(old, formatTime(server.clock.now())) ?? old),
    metadata: {
      ...meta,
      ...(finalizers.length > 0 || meta.finalizers ? { finalizers } : {}),
      ...(meta.generation ? { generation: meta.generation + 1 } : {}),
      deletionTimestamp: formatTime(server.clock.now() + grace * 1000),
      ...(definition.strategy.graceless ? {} : { deletionGracePeriodSeconds: grace }),
    },
  };
}

function finalizersFor(meta: ObjectMeta, options: DeleteOptionsBody): readonly string[] {
  const current = meta.finalizers ?? [];
  const policy =
    options.propagationPolicy ?? (options.orphanDependents === undefined ? undefined : options.orphanDependents ? 'Orphan' : 'Background');
  if (policy === undefined) return current;
  const others = current.filter((finalizer) => finalizer !== 'orphan' && finalizer !== 'foregroundDeletion');
  if (policy === 'Orphan') return [...others, 'orphan'];
  if (policy === 'Foreground') return [...others, 'foregroundDeletion'];
  return others;
}

/** Pods without a node, or that have ended, need no time. */
function gracePeriod(object: KubeObject, options: DeleteOptionsBody): number {
  const pod = object as UnstructuredObject & {
    readonly spec?: { readonly nodeName?: string; readonly terminationGracePeriodSeconds?: number };
    readonly status?: { readonly phase?: string };
  };
  if (!pod.spec?.nodeName || pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return 0;
  const seconds = options.gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
  return seconds < 0 ? 1 : seconds;
}

/** System metadata comes from the stored object; status or spec does, depending on what is written. */
function prepareUpdate(context: WriteContext, wanted: KubeObject, old: KubeObject): KubeObject {
  const { definition, server, subresource } = context;
  const metadata = settableMetadata(wanted.metadata, old.metadata);
  const next = { ...wanted, metadata } as UnstructuredObject;
  const before = old as UnstructuredObject;
  if (subresource === 'status') {
    const { status } = next;
    const kept = definition.custom ? { ...before, metadata: before.metadata } : { ...before, metadata };
    return definition.strategy.prepareForStatusUpdate(status === undefined ? without(kept, 'status') : { ...kept, status }, old, server);
  }
  if (!definition.strategy.statusSubresource) return definition.strategy.prepareForUpdate(next, old, server);
  const withStatus = before['status'] === undefined ? without(next, 'status') : { ...next, status: before['status'] };
  return definition.strategy.prepareForUpdate(withStatus, old, server);
}

function stampGeneration(definition: ResourceDefinition, next: KubeObject, old: KubeObject, subresource: string): KubeObject {
  if (!definition.strategy.generation || subresource === 'status') return next;
  // A status that has no subresource of its own is what somebody asked for, like all the rest.
  const asked = definition.custom && !definition.strategy.statusSubresource ? whole : withoutStatus;
  const same = deepEqual(asked(next as UnstructuredObject), asked(old as UnstructuredObject));
  return same ? next : { ...next, metadata: { ...next.metadata, generation: (old.metadata.generation ?? 0) + 1 } };
}

function whole({ metadata: _metadata, ...rest }: UnstructuredObject): unknown {
  return rest;
}

function withoutStatus({ metadata: _metadata, status: _status, ...rest }: UnstructuredObject): unknown {
  return rest;
}

function trackedWrite({ server, definition, subresource, manager }: WriteContext): TrackedWrite | undefined {
  return manager === undefined ? undefined : { definition, subresource, manager, time: formatTime(server.clock.now()) };
}

function throwInvalid(definition: ResourceDefinition, name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(definition, name, errors);
}

/** Each warning once, however often the write is tried. */
function warn(definition: ResourceDefinition, warnings: string[] | undefined, object: KubeObject): void {
  for (const text of definition.strategy.warnings?.(object) ?? []) if (warnings && !warnings.includes(text)) warnings.push(text);
}

function withRevision(object: KubeObject, revision: number): KubeObject {
  return withVersion(object, String(revision));
}

function withVersion(object: KubeObject, resourceVersion: string | undefined): KubeObject {
  if (object.metadata.resourceVersion === resourceVersion) return object;
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

function without(object: UnstructuredObject, field: string): UnstructuredObject {
  const { [field]: _removed, ...rest } = object;
  return rest as UnstructuredObject;
}
