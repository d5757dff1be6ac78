// Says of claims that ask for more than they have whom they wait for: growing volumes is the work of drivers' own controllers.
import {
  type ComponentFactory,
  createController,
  createEventRecorder,
  type InformerEvent,
  type Request,
  requestOf,
  watch,
} from '@holdfast/controller';
import { compareQuantities, PERSISTENTVOLUMECLAIMS, type PersistentVolumeClaim } from '@holdfast/schema';

export const expandController: ComponentFactory = (context) => {
  const claims = context.informers.informer(PERSISTENTVOLUMECLAIMS);
  const events = createEventRecorder({ ...context, component: 'volume_expand' });

  function reconcile(request: Request): Promise<void> {
    const claim = claims.get(request);
    if (claim && wantsMore(claim))
      events.event(claim, 'Normal', 'ExternalExpanding', 'waiting for an external controller to expand this PVC');
    return Promise.resolve();
  }

  return createController({ name: 'volume-expand', context, reconciler: { reconcile }, watches: [watch(claims, grown)] });
};

/** Claims that are seen for the first time, or that ask for more than before. */
function grown(event: InformerEvent<PersistentVolumeClaim>): readonly Request[] {
  if (event.type === 'deleted' || !wantsMore(event.object)) return [];
  const [wanted, before] = [requestOfClaim(event.object), event.type === 'updated' ? requestOfClaim(event.old) : '0'];
  return compareQuantities(wanted, before) > 0 ? [requestOf(event.object)] : [];
}

/** Whether a bound claim asks for more than its volume has. */
export function wantsMore(claim: PersistentVolumeClaim): boolean {
  const capacity = claim.status?.capacity?.['storage'];
  return claim.status?.phase === 'Bound' && capacity !== undefined && compareQuantities(requestOfClaim(claim), capacity) > 0;
}

function requestOfClaim({ spec }: PersistentVolumeClaim): string | number {
  return spec?.resources?.requests?.['storage'] ?? '0';
}
