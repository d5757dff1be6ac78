// Keeps a volume that is being deleted for as long as it is bound to a claim.
import {
  addFinalizer,
  type ComponentFactory,
  createController,
  enqueueSelf,
  hasFinalizer,
  removeFinalizer,
  type Request,
  watch,
} from '@holdfast/controller';
import { ignoreNotFound, PERSISTENTVOLUMES, type PersistentVolume } from '@holdfast/schema';

export const PV_PROTECTION = 'kubernetes.io/pv-protection';

export const pvProtectionController: ComponentFactory = (context) => {
  const { client, informers } = context;
  const volumes = informers.informer(PERSISTENTVOLUMES);

  async function reconcile(request: Request): Promise<void> {
    const volume = volumes.get(request);
    const wanted = volume && protectedForm(volume);
    if (!wanted || wanted === volume) return;
    // With the revision that was looked at: a volume bound meanwhile is not let go.
    await client.update(PERSISTENTVOLUMES, wanted).catch(ignoreNotFound);
  }

  return createController({ name: 'pv-protection', context, reconciler: { reconcile }, watches: [watch(volumes, enqueueSelf)] });
};

/** The volume as it must be; the same object when nothing has to change. */
export function protectedForm(volume: PersistentVolume): PersistentVolume {
  if (volume.metadata.deletionTimestamp === undefined) return addFinalizer(volume, PV_PROTECTION);
  const bound = volume.status?.phase === 'Bound';
  return hasFinalizer(volume, PV_PROTECTION) && !bound ? removeFinalizer(volume, PV_PROTECTION) : volume;
}
