// The binding subresource: gives a pod its node.
import { timestamp } from '@holdfast/clock';
import { badRequest, conflict, isRecord, type KubeObject, type Pod, type StatusObject, successStatus } from '@holdfast/schema';
import type { ResourceRequest } from '../core/server-context.ts';
import { updateObject } from '../core/write.ts';

/** What upstream says is in conflict. */
const BINDING = { group: '', resource: 'pods/binding' };

export async function bind({ server, definition, info, request }: ResourceRequest, name: string, body: unknown): Promise<StatusObject> {
  const target = isRecord(body) && isRecord(body['target']) ? body['target'] : {};
  const node = target['name'];
  if (typeof node !== 'string' || node === '') throw badRequest('target.name: Required value');
  const metadata = isRecord(body) && isRecord(body['metadata']) ? body['metadata'] : {};
  const annotations = isRecord(metadata['annotations']) ? (metadata['annotations'] as Record<string, string>) : {};
  const write = { server, definition, namespace: info.namespace, dryRun: request.query.get('dryRun') === 'All', subresource: '' };
  await updateObject(
    write,
    name,
    (current) => {
      const pod = current as Pod & KubeObject;
      if (pod.metadata.deletionTimestamp) throw conflict(BINDING, name, `pod ${name} is being deleted, cannot be assigned to a host`);
      if (pod.spec?.nodeName) throw conflict(BINDING, name, `pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
      if (pod.spec?.schedulingGates?.length) throw conflict(BINDING, name, `pod ${name} has non-empty .spec.schedulingGates`);
      if (typeof metadata['uid'] === 'string' && metadata['uid'] !== pod.metadata.uid)
        throw conflict(
          definition,
          name,
          `Precondition failed: UID in precondition: ${metadata['uid']}, UID in object meta: ${pod.metadata.uid}`,
        );
      const others = (pod.status?.conditions ?? []).filter((condition) => condition.type !== 'PodScheduled');
      const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: timestamp(server.clock) };
      return {
        ...pod,
        metadata: {
          ...pod.metadata,
          ...(Object.keys(annotations).length > 0 ? { annotations: { ...pod.metadata.annotations, ...annotations } } : {}),
        },
        spec: { ...pod.spec, nodeName: node },
        status: { ...pod.status, conditions: [...others, scheduled] },
      } as unknown as KubeObject;
    },
    { raw: true, unconditional: true },
  );
  return successStatus(undefined, 201);
}
