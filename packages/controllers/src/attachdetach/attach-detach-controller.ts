// Attaches volumes to the nodes whose pods need them, and detaches them again: by VolumeAttachments, which a driver's attacher sees to.
import {
  attachable,
  type ComponentFactory,
  claimNamesOf,
  type CsiVolume,
  createController,
  createEventRecorder,
  type InformerEvent,
  isConditionTrue,
  retryOnConflict,
  type Request,
  type Result,
  uniqueName,
  watch,
} from '@holdfast/controller';
import {
  CSIDRIVERS,
  deepEqual,
  ignoreNotFound,
  isAlreadyExists,
  type Node,
  NODES,
  type PersistentVolume,
  type PersistentVolumeClaim,
  PERSISTENTVOLUMECLAIMS,
  PERSISTENTVOLUMES,
  type Pod,
  PODS,
  type VolumeAttachment,
  VOLUMEATTACHMENTS,
} from '@holdfast/schema';
import { needsVolumes } from './attachable.ts';
import { decide, type Step } from './decide.ts';
import { AttachProgress } from './progress.ts';

const BY_CLAIM = 'attachdetach/claim';
const BY_VOLUME = 'attachdetach/volume';
const BY_NODE = 'attachdetach/node';
const BY_POD_NODE = 'spec.nodeName';
const MANAGED = 'volumes.kubernetes.io/controller-managed-attach-detach';

export const attachDetachController: ComponentFactory = (context) => {
  const { client, clock, informers } = context;
  const log = context.log.child({ controller: 'attachdetach' });
  const pods = informers.informer(PODS);
  const claims = informers.informer(PERSISTENTVOLUMECLAIMS);
  const volumes = informers.informer(PERSISTENTVOLUMES);
  const nodes = informers.informer(NODES);
  const drivers = informers.informer(CSIDRIVERS);
  const attachments = informers.informer(VOLUMEATTACHMENTS);
  pods.addIndex(BY_POD_NODE, ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
  pods.addIndex(BY_CLAIM, (pod) => claimNamesOf(pod).map((name) => `${pod.metadata.namespace}/${name}`));
  attachments.addIndex(BY_VOLUME, ({ spec }) => [spec?.source?.persistentVolumeName ?? '']);
  attachments.addIndex(BY_NODE, ({ spec }) => [spec?.nodeName ?? '']);
  const events = createEventRecorder({ ...context, component: 'attachdetach-controller' });
  const progress = new AttachProgress();
  /** What nodes that are gone had mounted. */
  const lastInUse = new Map<string, readonly string[]>();

  async function reconcile({ name }: Request): Promise<Result | void> {
    const volume = volumes.get({ name });
    const csi = volume && attachable(volume, (driver) => drivers.get({ name: driver }));
    if (!volume || !csi) return;
    const own = attachments.byIndex(BY_VOLUME, name);
    const wanted = wantedNodes(volume);
    const nowMs = clock.now();
    progress.observe(name, own, wanted, nowMs);
    const plan = decide({
      volume,
      csi,
      wanted,
      attachments: own,
      node: (nodeName) => nodes.get({ name: nodeName }),
      lastInUse: (nodeName) => lastInUse.get(nodeName) ?? [],
      unwantedSinceMs: (nodeName) => progress.unwantedSinceMs(name, nodeName) ?? nowMs,
      nowMs,
    });
    for (const step of plan.steps) await take(step, volume, csi);
    await tellOfAttachments(volume, csi, own, wanted);
    const waits = [plan.recheckAfterMs, progress.nextTimeoutMs(name, nowMs)].filter((wait) => wait !== undefined);
    if (waits.length > 0) return { requeueAfterMs: Math.min(...waits) };
  }

  /** Pods that need the volume, by node; nodes that attach for themselves are left out. */
  function wantedNodes({ metadata, spec }: PersistentVolume): ReadonlyMap<string, readonly Pod[]> {
    const wanted = new Map<string, Pod[]>();
    const { namespace, name = '', uid } = spec?.claimRef ?? {};
    const claim = claims.get({ namespace, name });
    if (!claim || claim.metadata.uid !== uid || claim.spec?.volumeName !== metadata.name || claim.status?.phase !== 'Bound') return wanted;
    for (const pod of pods.byIndex(BY_CLAIM, `${namespace}/${name}`)) {
      const nodeName = pod.spec?.nodeName;
      if (!nodeName || !needsVolumes(pod)) continue;
      if (nodes.get({ name: nodeName })?.metadata.annotations?.[MANAGED] !== 'true') continue;
      wanted.set(nodeName, [...(wanted.get(nodeName) ?? []), pod]);
    }
    return wanted;
  }

  async function take(step: Step, volume: PersistentVolume, csi: CsiVolume): Promise<void> {
    const volumeName = volume.metadata.name ?? '';
    switch (step.kind) {
      case 'attach': {
        const spec = { attacher: csi.driver, nodeName: step.nodeName, source: { persistentVolumeName: volumeName } };
        await client.create(VOLUMEATTACHMENTS, { metadata: { name: step.name }, spec }).catch((error: unknown) => {
          if (!isAlreadyExists(error)) throw error;
        });
        progress.attaching(volumeName, step.nodeName, clock.now());
        return;
      }
      case 'conflict':
        if (!progress.reportConflict(volumeName, step.nodeName)) return;
        for (const [pod, message] of step.messages) events.event(pod, 'Warning', 'FailedAttachVolume', message);
        return;
      case 'detach': {
        const { nodeName, attachment, forced } = step;
        if (forced) log.warn({ volume: volumeName, node: nodeName }, 'volume is detached from a node that may still have it mounted');
        // The node must not mount it any more, so its status comes first.
        await setAttached(nodeName, uniqueName(csi), false);
        const { name = '', uid } = attachment.metadata;
        await client.delete(VOLUMEATTACHMENTS, { name }, { preconditions: { uid } }).catch(ignoreNotFound);
      }
    }
  }

  /** What has come of attachments that were asked for here. */
  async function tellOfAttachments(
    volume: PersistentVolume,
    csi: CsiVolume,
    own: readonly VolumeAttachment[],
    wanted: ReadonlyMap<string, readonly Pod[]>,
  ): Promise<void> {
    const name = volume.metadata.name ?? '';
    for (const attachment of own) {
      const nodeName = attachment.spec?.nodeName ?? '';
      const users = wanted.get(nodeName);
      if (!users || attachment.metadata.deletionTimestamp !== undefined) continue;
      if (attachment.status?.attached) {
        await setAttached(nodeName, uniqueName(csi), true);
        if (!progress.attached(name, nodeName)) continue;
        for (const pod of users)
          events.event(pod, 'Normal', 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded for volume "${name}" `);
        continue;
      }
      const failure = progress.failure(name, nodeName, attachment, csi, clock.now());
      if (failure === undefined) continue;
      for (const pod of users)
        events.event(pod, 'Warning', 'FailedAttachVolume', `AttachVolume.Attach failed for volume "${name}" : ${failure}`);
    }
  }

  async function setAttached(nodeName: string, volumeName: string, attached: boolean): Promise<void> {
    await retryOnConflict(async (attempt) => {
      const node = attempt === 1 ? nodes.get({ name: nodeName }) : await client.get(NODES, { name: nodeName });
      if (!node) return;
      const old = node.status?.volumesAttached ?? [];
      if (old.some((one) => one.name === volumeName) === attached) return;
      const others = old.filter((one) => one.name !== volumeName);
      const volumesAttached = attached ? [...others, { name: volumeName, devicePath: '' }] : others;
      const metadata = { resourceVersion: node.metadata.resourceVersion };
      await client.patch(
        NODES,
        { name: nodeName },
        { type: 'merge', body: { metadata, status: { volumesAttached } } },
        { subresource: 'status' },
      );
    }).catch(ignoreNotFound);
  }

  function volumesOfPod(pod: Pod): readonly Request[] {
    if (!pod.spec?.nodeName) return [];
    return claimNamesOf(pod).flatMap((name) => volumeOfClaim(claims.get({ namespace: pod.metadata.namespace, name })));
  }

  function volumeOfClaim(claim: PersistentVolumeClaim | undefined): readonly Request[] {
    const name = claim?.spec?.volumeName;
    return name ? driven(volumes.get({ name })) : [];
  }

  /** Most volumes of a large cluster may be of no driver; they cost nothing here. */
  function driven(volume: PersistentVolume | undefined): readonly Request[] {
    return volume?.spec?.csi ? [{ name: volume.metadata.name ?? '' }] : [];
  }

  function volumesOnNode(event: InformerEvent<Node>): readonly Request[] {
    const { name = '' } = event.object.metadata;
    if (event.type === 'deleted') lastInUse.set(name, event.object.status?.volumesInUse ?? []);
    else lastInUse.delete(name);
    if (event.type === 'updated' && sameForVolumes(event.old, event.object)) return [];
    const attached = attachments.byIndex(BY_NODE, name).map(({ spec }) => ({ name: spec?.source?.persistentVolumeName ?? '' }));
    // A node that has just come may have pods already, whose volumes wait for it.
    const waiting = event.type === 'added' ? pods.byIndex(BY_POD_NODE, name).flatMap(volumesOfPod) : [];
    return [...attached, ...waiting];
  }

  return createController({
    name: 'attachdetach',
    context,
    reconciler: { reconcile },
    watches: [
      watch(pods, ({ object }) => volumesOfPod(object)),
      watch(claims, ({ object }) => volumeOfClaim(object)),
      watch(volumes, ({ object }) => driven(object)),
      watch(attachments, ({ object }) => [{ name: object.spec?.source?.persistentVolumeName ?? '' }]),
      watch(nodes, volumesOnNode),
      watch(drivers, () => []),
    ],
  });
};

function sameForVolumes(old: Node, node: Node): boolean {
  return (
    deepEqual(old.status?.volumesInUse, node.status?.volumesInUse) &&
    deepEqual(old.spec?.taints, node.spec?.taints) &&
    isConditionTrue(old.status?.conditions, 'Ready') === isConditionTrue(node.status?.conditions, 'Ready')
  );
}
