// Keeps a claim that is being deleted until no pod uses it any more.
import {
  addFinalizer,
  claimNamesOf,
  type ComponentFactory,
  createController,
  enqueueMapped,
  enqueueSelf,
  hasFinalizer,
  removeFinalizer,
  type Request,
  watch,
} from '@holdfast/controller';
import { ignoreNotFound, PERSISTENTVOLUMECLAIMS, type PersistentVolumeClaim, type Pod, PODS } from '@holdfast/schema';

export const PVC_PROTECTION = 'kubernetes.io/pvc-protection';

export const pvcProtectionController: ComponentFactory = (context) => {
  const { client, informers } = context;
  const claims = informers.informer(PERSISTENTVOLUMECLAIMS);
  const pods = informers.informer(PODS);

  async function reconcile(request: Request): Promise<void> {
    const claim = claims.get(request);
    if (!claim) return;
    if (claim.metadata.deletionTimestamp === undefined) {
      // Admission adds it to new claims; this is for claims that are older than the cluster's protection.
      if (!hasFinalizer(claim, PVC_PROTECTION)) await write(addFinalizer(claim, PVC_PROTECTION));
      return;
    }
    if (!hasFinalizer(claim, PVC_PROTECTION) || (await isInUse(claim))) return;
    await write(removeFinalizer(claim, PVC_PROTECTION));
  }

  async function isInUse({ metadata }: PersistentVolumeClaim): Promise<boolean> {
    const { namespace, name = '' } = metadata;
    if (pods.list(namespace).some((pod) => uses(pod, name))) return true;
    // The cache may lag behind a pod that was bound a moment ago; data is at stake, so the server is asked.
    const { items } = await client.list(PODS, { namespace });
    return items.some((pod) => uses(pod, name));
  }

  async function write(claim: PersistentVolumeClaim): Promise<void> {
    await client.update(PERSISTENTVOLUMECLAIMS, claim).catch(ignoreNotFound);
  }

  return createController({
    name: 'pvc-protection',
    context,
    reconciler: { reconcile },
    watches: [
      watch(claims, enqueueSelf),
      watch(
        pods,
        enqueueMapped<Pod>((pod) => claimNamesOf(pod).map((name) => ({ namespace: pod.metadata.namespace, name }))),
      ),
    ],
  });
};

/** A pod uses its claims from the moment it is on a node until its object is gone, even after its containers ended. */
export function uses(pod: Pod, claimName: string): boolean {
  return Boolean(pod.spec?.nodeName) && claimNamesOf(pod).includes(claimName);
}
