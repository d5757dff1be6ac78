// Binds claims to volumes and says what becomes of volumes whose claim is gone.
import {
  AssumeCache,
  claimNamesOf,
  classOfClaim,
  classOfVolume,
  type ComponentFactory,
  createController,
  createEventRecorder,
  enqueueSelf,
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
  ignoreNotFound,
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
const VOLUME_WORKERS = 4;
const NAME = 'persistentvolume-binder';
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
        if (claim) ofClaims.enqueue(requestOf(claim));
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
    return client.get(PERSISTENTVOLUMECLAIMS, key).catch(ignoreNotFound);
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

  /** The claim that it is reserved for; and, when it can be had from now on, the claims that wait (upstream: at the next resync). */
  function claimsAffectedBy(volume: PersistentVolume): readonly Request[] {
    const waiting = volume.status?.phase === 'Available' ? claimInformer.list().filter((claim) => isWaiting(claim, volume)) : [];
    return [...reservedFor(volume), ...waiting.map(requestOf)];
  }

  function claimsWithout({ type, object }: InformerEvent<PersistentVolume>): readonly Request[] {
    return type === 'deleted' ? reservedFor(object) : [];
  }

  function claimsThatAre({ type, object }: InformerEvent<PersistentVolumeClaim>): readonly Request[] {
    return type === 'deleted' ? [] : [requestOf(object)];
  }

  function volumesWithout({ type, object }: InformerEvent<PersistentVolumeClaim>): readonly Request[] {
    return type === 'deleted' ? volumeInformer.byIndex(BY_RESERVATION, keyOf(object)).map(requestOf) : [];
  }

  /** A class that appears or changes can end the waiting of any claim. */
  function unboundClaims(): readonly Request[] {
    return claimInformer
      .list()
      .filter((claim) => !hasAnnotation(claim, BIND_COMPLETED))
      .map(requestOf);
  }

  // A queue for each kind, as upstream: a volume becomes Available without waiting behind claims. Should both write to one volume, the
  // later write is refused as a conflict, and its pass decides anew. Claims choose among the same volumes, so one at a time does; what
  // becomes of a volume concerns no other, so several can be looked at (upstream: one), each waiting for its own write.
  const ofClaims = createController({
    name: NAME,
    context,
    reconciler: {
      reconcile: async (request) => {
        const claim = claims.get(request);
        return claim && syncClaim(claim);
      },
    },
    watches: [watch(volumeInformer, claimsWithout), watch(claimInformer, claimsThatAre), watch(classes, unboundClaims)],
  });
  const ofVolumes = createController({
    name: NAME,
    context,
    reconciler: {
      reconcile: async (request) => {
        const volume = volumes.get(request);
        if (!volume) return undefined;
        const result = await syncVolume(volume);
        // Not before: a volume that was given back is Available before it is anyone's again.
        for (const claim of claimsAffectedBy(volume)) ofClaims.enqueue(claim);
        return result;
      },
    },
    watches: [watch(volumeInformer, enqueueSelf), watch(claimInformer, volumesWithout)],
    concurrency: VOLUME_WORKERS,
  });
  return {
    name: NAME,
    start: async (signal) => {
      await Promise.all([ofVolumes.start(signal), ofClaims.start(signal)]);
    },
    stopped: async () => {
      await Promise.all([ofVolumes.stopped(), ofClaims.stopped()]);
    },
  };
};

function isWaiting(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  if (hasAnnotation(claim, BIND_COMPLETED)) return false;
  return claim.spec?.volumeName === volume.metadata.name || classOfClaim(claim) === classOfVolume(volume) || isClassUnsaid(claim);
}

function reservedFor({ spec }: PersistentVolume): readonly Request[] {
  const { namespace, name } = spec?.claimRef ?? {};
  return name ? [{ namespace, name }] : [];
}

function keyOf({ metadata }: PersistentVolumeClaim): string {
  return `${metadata.namespace}/${metadata.name}`;
}
