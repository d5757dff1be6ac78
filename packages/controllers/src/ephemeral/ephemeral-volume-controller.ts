// Makes the claims of generic ephemeral volumes: one for each, owned by the pod, so that it goes with the pod.
import {
  type ComponentFactory,
  controllerOf,
  controllerReference,
  createController,
  createEventRecorder,
  type InformerEvent,
  isControlledBy,
  type Request,
  requestOf,
  watch,
} from '@holdfast/controller';
import { isAlreadyExists, PERSISTENTVOLUMECLAIMS, type PersistentVolumeClaim, type Pod, PODS, type Volume } from '@holdfast/schema';

export const ephemeralVolumeController: ComponentFactory = (context) => {
  const { client, informers } = context;
  const pods = informers.informer(PODS);
  const claims = informers.informer(PERSISTENTVOLUMECLAIMS);
  const events = createEventRecorder({ ...context, component: 'ephemeral_volume' });

  async function reconcile(request: Request): Promise<void> {
    const pod = pods.get(request);
    if (!pod || pod.metadata.deletionTimestamp !== undefined) return;
    for (const volume of ephemeralVolumes(pod)) {
      try {
        await ensureClaim(pod, volume);
      } catch (error) {
        const message = `ephemeral volume ${volume.name}: ${error instanceof Error ? error.message : String(error)}`;
        events.event(pod, 'Warning', 'FailedBinding', message);
        throw error;
      }
    }
  }

  async function ensureClaim(pod: Pod, volume: Volume): Promise<void> {
    const { namespace } = pod.metadata;
    const wanted = claimFor(pod, volume);
    const key = { namespace, name: wanted.metadata.name ?? '' };
    let there = claims.get(key);
    if (!there) {
      try {
        await client.create(PERSISTENTVOLUMECLAIMS, wanted);
        return;
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        there = await client.get(PERSISTENTVOLUMECLAIMS, key);
      }
    }
    // Data of somebody else's must not be given to the pod, nor deleted with it.
    if (!isControlledBy(there, pod)) {
      throw new Error(`PVC ${namespace}/${key.name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`);
    }
  }

  /** A claim that was deleted while its pod is there is made again. */
  function podOfClaim(event: InformerEvent<PersistentVolumeClaim>): readonly Request[] {
    const owner = controllerOf(event.object);
    if (event.type !== 'deleted' || owner?.kind !== 'Pod') return [];
    return [{ namespace: event.object.metadata.namespace, name: owner.name }];
  }

  return createController({
    name: 'ephemeral-volume',
    context,
    reconciler: { reconcile },
    watches: [
      watch(pods, ({ type, object }) => (type !== 'deleted' && ephemeralVolumes(object).length > 0 ? [requestOf(object)] : [])),
      watch(claims, podOfClaim),
    ],
  });
};

function ephemeralVolumes({ spec }: Pod): readonly Volume[] {
  return (spec?.volumes ?? []).filter(({ ephemeral }) => ephemeral !== undefined);
}

function claimFor(pod: Pod, { name, ephemeral }: Volume): PersistentVolumeClaim {
  const template = ephemeral?.volumeClaimTemplate;
  const { labels, annotations } = template?.metadata ?? {};
  return {
    metadata: {
      name: `${pod.metadata.name}-${name}`,
      namespace: pod.metadata.namespace,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ownerReferences: [controllerReference(pod, PODS)],
    },
    spec: template?.spec,
  };
}
