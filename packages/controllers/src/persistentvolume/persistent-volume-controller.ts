// Binds claims to volumes and says what becomes of volumes whose claim is gone.
import {
  AssumeCache,
  claimNamesOf,
  classOfClaim,
  classOfVolume,
  type ComponentFactory,
  createController,
  createEventRecorder,
  BIND_COMPLETED,
  hasAnnotation,
  type InformerEvent,
  isClassUnsaid,
  type Request,
  requestOf,
  type Result,
  watch,
} from '@holdfast/controller';
import {
  isNotFound,
  PERSISTENTVOLUMECLAIMS,
  PERSISTENTVOLUMES,
  type PersistentVolume,
  type PersistentVolumeClaim,
  PODS,
  STORAGECLASSES,
} from '@holdfast/schema';
import { type ClaimEvent, type ClaimView, decideClaim } from './decide-claim.ts';
import { decideReclaim, decideVolume, withoutReservation } from './decide-volume.ts';
import { createWrites } from './writes.ts';

/** How often upstream looks at everything again; here only at what waits, so that its events are repeated as upstream's are. */
const RESYNC_MS = 15_000;
const BY_CLAIM = 'binder/claim';
const BY_CLASS = 'binder/class';
const BY_RESERVATION = 'binder/reservation';

export const persistentVolumeController: ComponentFactory = (context) => {
  const { client, informers } = context;
  const claimInformer = informers.informer(PERSISTENTVOLUMECLAIMS);
  const volumeInformer = informers.informer(PERSISTENTVOLUMES);
  const classes = informers.informer(STORAGECLASSES);
  const pods = informers.informer(PODS);
  pods.addIndex(BY_CLAIM, (pod) => claimNamesOf(pod).map((name) => `${pod.metadata.namespace}/${name}`));
  volumeInformer.addIndex(BY_CLASS, (volume) => [classOfVolume(volume)]);
  volumeInformer.addIndex(BY_RESERVATION, ({ spec }) => (spec?.claimRef ? [`${spec.claimRef.namespace}/${spec.claimRef.name}`] : []));
  const claims = new AssumeCache(claimInformer);
  const volumes = new AssumeCache(volumeInformer);
  const writes = createWrites(client, volumes, claims);
  const events = createEventRecorder({ ...context, component: 'persistentvolume-controller' });

  /** One worker for both kinds: no two passes can decide on the same volume. A request without a namespace is a volume's. */
  async function reconcile(request: Request): Promise<Result | void> {
    if (request.namespace !== undefined) {
      const claim = claims.get(request);
      return claim ? syncClaim(claim) : undefined;
    }
    const volume = volumes.get(request);
    return volume ? syncVolume(volume) : undefined;
  }

  async function syncClaim(claim: PersistentVolumeClaim): Promise<Result | void> {
    const decision = decideClaim(viewOf(claim));
    switch (decision.kind) {
      case 'bind':
        return bind(claim, decision.volume);
      case 'lost':
        if (claim.status?.phase !== 'Lost') {
          await writes.claimPhase(claim, 'Lost');
          tell(claim, decision.event);
        }
        return;
      case 'setClass':
        await writes.updateClaim({ ...claim, spec: { ...claim.spec, storageClassName: decision.className } });
        return;
      case 'provision':
        tell(await writes.announceProvisioner(claim, decision.provisioner), decision.event);
        return { requeueAfterMs: RESYNC_MS };
      case 'wait':
        if (decision.event) tell(claim, decision.event);
        await writes.claimPhase(claim, 'Pending');
        return { requeueAfterMs: RESYNC_MS };
    }
  }

  function viewOf(claim: PersistentVolumeClaim): ClaimView {
    const name = claim.spec?.volumeName;
    const reserved = volumes.byIndex(BY_RESERVATION, keyOf(claim));
    return {
      claim,
      named: name ? volumes.get({ name }) : undefined,
      candidates: [...new Set([...reserved, ...volumes.byIndex(BY_CLASS, classOfClaim(claim))])],
      classes: classes.list(),
      unscheduledPods: unscheduledPods(claim),
    };
  }

  /** Four writes in this order; whichever fails, the next pass goes on from there, because the volume is reserved first. */
  async function bind(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> {
    const reserved = await writes.reserve(volume, claim);
    const bound = await writes.volumePhase(reserved, 'Bound');
    const completed = await writes.completeClaim(claim, bound);
    await writes.claimPhase(completed, 'Bound', bound);
  }

  async function syncVolume(volume: PersistentVolume): Promise<Result | void> {
    const claim = await claimOf(volume);
    const decision = decideVolume(volume, claim);
    switch (decision.kind) {
      case 'phase':
        await writes.volumePhase(volume, decision.phase);
        return;
      case 'askClaim':
        if (claim) controller.enqueue(requestOf(claim));
        return;
      case 'modeMismatch':
        if (claim) tellMismatch(volume, claim);
        return { requeueAfterMs: RESYNC_MS };
      case 'unbind':
        await writes.volumePhase(await writes.updateVolume(withoutReservation(volume)), 'Available');
        return;
      case 'release':
        return release(volume);
    }
  }

  async function release(volume: PersistentVolume): Promise<void> {
    const phase = volume.status?.phase;
    const released = phase === 'Released' || phase === 'Failed' ? volume : await writes.volumePhase(volume, 'Released');
    const reclaim = decideReclaim(released);
    if (reclaim.kind !== 'fail' || released.status?.phase === 'Failed') return;
    const failed = await writes.volumePhase(released, 'Failed', reclaim.message);
    events.event(failed, 'Warning', reclaim.reason, reclaim.message);
  }

  /** Asks the server before a claim counts as gone: releasing a volume because of a late cache could lose data. */
  async function claimOf(volume: PersistentVolume): Promise<PersistentVolumeClaim | undefined> {
    const reference = volume.spec?.claimRef;
    if (!reference?.uid) return undefined;
    const key = { namespace: reference.namespace, name: reference.name ?? '' };
    const cached = claims.get(key);
    if (cached?.metadata.uid === reference.uid) return cached;
    try {
      return await client.get(PERSISTENTVOLUMECLAIMS, key);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  function unscheduledPods(claim: PersistentVolumeClaim): readonly string[] {
    return pods
      .byIndex(BY_CLAIM, keyOf(claim))
      .filter(({ spec, status }) => !spec?.nodeName && status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
      .map((pod) => pod.metadata.name ?? '');
  }

  function tell(claim: PersistentVolumeClaim, { type, reason, message }: ClaimEvent): void {
    events.event(claim, type, reason, message);
  }

  function tellMismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): void {
    const [volumeName, claimName] = [volume.metadata.name, claim.metadata.name];
    events.event(
      volume,
      'Warning',
      'VolumeMismatch',
      `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${claimName}" due to incompatible volumeMode.`,
    );
    events.event(
      claim,
      'Warning',
      'VolumeMismatch',
      `Cannot bind PersistentVolume "${volumeName}" to requested PersistentVolumeClaim "${claimName}" due to incompatible volumeMode.`,
    );
  }

  /** The volume itself and its claim; and, when it can be had from now on, the claims that wait (upstream: at the next resync). */
  function affectedByVolume(event: InformerEvent<PersistentVolume>): readonly Request[] {
    const { object } = event;
    const reference = object.spec?.claimRef;
    const own = reference?.name ? [{ namespace: reference.namespace, name: reference.name }] : [];
    const usable = event.type !== 'deleted' && object.status?.phase === 'Available';
    const waiting = usable
      ? claimInformer
          .list()
          .filter((claim) => isWaiting(claim, object))
          .map(requestOf)
      : [];
    return [requestOf(object), ...own, ...waiting];
  }

  function affectedByClaim({ type, object }: InformerEvent<PersistentVolumeClaim>): readonly Request[] {
    if (type !== 'deleted') return [requestOf(object)];
    return volumeInformer.byIndex(BY_RESERVATION, keyOf(object)).map(requestOf);
  }

  /** A class that appears or changes can end the waiting of any claim. */
  function unboundClaims(): readonly Request[] {
    return claimInformer
      .list()
      .filter((claim) => !hasAnnotation(claim, BIND_COMPLETED))
      .map(requestOf);
  }

  const controller = createController({
    name: 'persistentvolume-binder',
    context,
    reconciler: { reconcile },
    watches: [watch(volumeInformer, affectedByVolume), watch(claimInformer, affectedByClaim), watch(classes, unboundClaims)],
  });
  return controller;
};

function isWaiting(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  if (hasAnnotation(claim, BIND_COMPLETED)) return false;
  return claim.spec?.volumeName === volume.metadata.name || classOfClaim(claim) === classOfVolume(volume) || isClassUnsaid(claim);
}

function keyOf({ metadata }: PersistentVolumeClaim): string {
  return `${metadata.namespace}/${metadata.name}`;
}
