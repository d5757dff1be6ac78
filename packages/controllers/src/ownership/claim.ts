// Which objects an owner controls: it takes those that fit and have no controller, and lets go those that fit no more (upstream's ClaimObject).
import type { Client } from '@holdfast/client';
import { controllerOf, controllerReference } from '@holdfast/controller';
import {
  ignoreNotFound,
  type KubeObject,
  type LabelSelector,
  labelSelector,
  type OwnerReference,
  type ResourceType,
} from '@holdfast/schema';

export interface ClaimOptions<T extends KubeObject> {
  readonly client: Client;
  readonly owner: KubeObject;
  readonly ownerType: ResourceType;
  readonly selector: LabelSelector | undefined;
  readonly type: ResourceType<T>;
  /** All of the owner's namespace, or those of them that may be meant. */
  readonly candidates: readonly T[];
  /** What an adopted object is to keep until its owner lets it go. */
  readonly finalizer?: string;
  /** Told of each write's answer. */
  readonly onWrite: (written: T) => void;
}

export type Belonging = 'owned' | 'adopted' | 'released' | 'not ours';

/** What an owner is to do about an object, by whether it fits. An owner that is going away neither takes nor lets go. */
export function belonging(owner: KubeObject, object: KubeObject, fits: boolean): Belonging {
  const controller = controllerOf(object);
  const leaving = Boolean(owner.metadata.deletionTimestamp);
  if (!controller) return fits && !leaving && !object.metadata.deletionTimestamp ? 'adopted' : 'not ours';
  if (controller.uid !== owner.metadata.uid) return 'not ours';
  if (fits) return 'owned';
  return leaving ? 'not ours' : 'released';
}

/** Those that the owner controls when this is done. Rejects when a write fails, or when the owner is no longer what it was. */
export async function claim<T extends KubeObject>(options: ClaimOptions<T>): Promise<readonly T[]> {
  const { owner, ownerType, candidates, finalizer } = options;
  const selector = labelSelector(options.selector);
  const live = once(() => isLive(options));
  const own: T[] = [];
  for (const object of candidates) {
    const { metadata } = object;
    const belongs = belonging(owner, object, selector.matches(metadata.labels ?? {}));
    const ownerReferences = metadata.ownerReferences ?? [];
    const finalizers = metadata.finalizers ?? [];
    if (belongs === 'owned') own.push(object);
    else if (belongs === 'released') {
      const others = ownerReferences.filter(({ uid }) => uid !== owner.metadata.uid);
      await write(
        options,
        object,
        others,
        finalizer && finalizers.includes(finalizer) ? finalizers.filter((one) => one !== finalizer) : undefined,
      );
    } else if (belongs === 'adopted' && (await live())) {
      const all = [...ownerReferences, controllerReference(owner, ownerType)];
      const kept = finalizer && !finalizers.includes(finalizer) ? [...finalizers, finalizer] : undefined;
      const adopted = await write(options, object, all, kept);
      if (adopted) own.push(adopted);
    }
  }
  return own;
}

/** A patch and no update: that is what the controllers' roles allow. Undefined: the object is gone. */
async function write<T extends KubeObject>(
  { client, type, onWrite }: ClaimOptions<T>,
  { metadata }: T,
  ownerReferences: readonly OwnerReference[],
  finalizers: readonly string[] | undefined,
): Promise<T | undefined> {
  const { namespace, name = '', uid, resourceVersion } = metadata;
  const body = { metadata: { uid, resourceVersion, ownerReferences, ...(finalizers ? { finalizers } : {}) } };
  const written = await client.patch(type, { namespace, name }, { type: 'merge', body }).catch(ignoreNotFound);
  if (written) onWrite(written);
  return written;
}

/** The cache may be behind: an owner that is going away, or another of its name, must not adopt. */
async function isLive<T extends KubeObject>({ client, owner, ownerType }: ClaimOptions<T>): Promise<boolean> {
  const { namespace, name = '', uid } = owner.metadata;
  const { metadata } = await client.get(ownerType, { namespace, name });
  if (metadata.uid !== uid)
    throw new Error(`original ${ownerType.kind} ${namespace}/${name} is gone: got uid ${metadata.uid}, wanted ${uid}`);
  if (metadata.deletionTimestamp) throw new Error(`${namespace}/${name} has just been deleted at ${metadata.deletionTimestamp}`);
  return true;
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= ask());
}
