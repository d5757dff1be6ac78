// The eviction subresource: a delete that asks the pod's disruption budget first (upstream's pkg/registry/core/pod/storage).
import { timestamp } from '@holdfast/clock';
import {
  badRequest,
  conflict,
  failure,
  forbidden,
  isConflict,
  isRecord,
  type KubeObject,
  labelSelector,
  notFound,
  type Pod,
  type PodDisruptionBudget,
  PODDISRUPTIONBUDGETS,
  successStatus,
  type StatusObject,
  tooManyRequests,
  type Condition,
} from '@holdfast/schema';
import type { ResourceRequest } from '../core/server-context.ts';
import { storageKey } from '../core/server-context.ts';
import { deleteObject, type DeleteOptionsBody, updateObject } from '../core/write.ts';

const MAX_DISRUPTED = 2000;
const RETRY_SECONDS = 10;

export async function evict(context: ResourceRequest, body: unknown): Promise<StatusObject> {
  const { server, definition, info, request } = context;
  if (!isRecord(body)) throw badRequest('the request body must be an Eviction');
  const metadata = isRecord(body['metadata']) ? body['metadata'] : {};
  if (metadata['name'] && metadata['name'] !== info.name) throw badRequest(`name in URL does not match name in Eviction object`);
  const options = (isRecord(body['deleteOptions']) ? body['deleteOptions'] : {}) as DeleteOptionsBody & {
    readonly dryRun?: readonly string[];
  };
  const dryRun = request.query.get('dryRun') === 'All' || Boolean(options.dryRun?.length);
  const write = { server, definition, namespace: info.namespace, dryRun, subresource: '' };
  const entry = server.store.get(storageKey(definition, info.namespace, info.name));
  if (!entry) throw notFound(definition, info.name);
  const pod = entry.value as Pod & KubeObject;
  const remove = async (preconditions: DeleteOptionsBody['preconditions']): Promise<StatusObject> => {
    await deleteObject(write, info.name, { ...options, preconditions: { ...options.preconditions, ...preconditions } });
    return successStatus(undefined, 201);
  };
  const terminal = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  if (terminal || pod.status?.phase === 'Pending' || pod.metadata.deletionTimestamp) {
    return remove(terminal ? undefined : { resourceVersion: pod.metadata.resourceVersion ?? '' });
  }
  const budgets = server.store
    .list(`policy/poddisruptionbudgets/${info.namespace}/`)
    .entries.map((found) => found.value as PodDisruptionBudget & KubeObject)
    .filter((budget) => labelSelector(budget.spec?.selector).matches(pod.metadata.labels ?? {}));
  if (budgets.length > 1)
    throw failure(500, 'InternalError', 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  const [budget] = budgets;
  if (budget && !isReady(pod)) {
    const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
    if (budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' || (currentHealthy >= desiredHealthy && desiredHealthy > 0)) {
      return remove({ resourceVersion: pod.metadata.resourceVersion ?? '' }).catch((error: unknown) => {
        throw isConflict(error) ? tooManyRequests('the pod changed while it was evicted') : error;
      });
    }
  }
  if (budget) await spend(context, budget, pod, dryRun);
  if (!dryRun) await markDisrupted(context, pod);
  return remove({ uid: pod.metadata.uid ?? '' });
}

/** Takes one disruption out of the budget, or refuses with 429. */
async function spend(context: ResourceRequest, budget: PodDisruptionBudget & KubeObject, pod: Pod, dryRun: boolean): Promise<void> {
  const { server, info } = context;
  const definition = server.registry.find('policy', 'v1', PODDISRUPTIONBUDGETS.resource);
  if (!definition) throw new Error('policy/v1 is not served');
  const name = budget.metadata.name ?? '';
  await updateObject({ server, definition, namespace: info.namespace, dryRun, subresource: 'status' }, name, (current) => {
    const { metadata, status } = current as PodDisruptionBudget & KubeObject;
    if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
      throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", {
        causes: [{ reason: 'DisruptionBudget', message: `The disruption budget ${name} is still being processed by the server.` }],
        retryAfterSeconds: RETRY_SECONDS,
      });
    }
    const allowed = status?.disruptionsAllowed ?? 0;
    if (allowed < 0) throw forbidden(PODDISRUPTIONBUDGETS, name, 'pdb disruptions allowed is negative');
    if (Object.keys(status?.disruptedPods ?? {}).length > MAX_DISRUPTED)
      throw forbidden(PODDISRUPTIONBUDGETS, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
    if (allowed === 0) {
      throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: `The disruption budget ${name} needs ${status?.desiredHealthy ?? 0} healthy pods and has ${status?.currentHealthy ?? 0} currently`,
          },
        ],
      });
    }
    return {
      ...current,
      metadata: { ...metadata, resourceVersion: undefined },
      status: {
        ...status,
        disruptionsAllowed: allowed - 1,
        disruptedPods: { ...status?.disruptedPods, [pod.metadata.name ?? '']: timestamp(server.clock) },
        ...(allowed === 1
          ? { conditions: (status?.conditions ?? []).map((condition) => exhausted(condition, timestamp(server.clock))) }
          : {}),
      },
    } as KubeObject;
  });
}

/** The condition of a budget that allows no more. */
function exhausted(condition: Condition, now: string): Condition {
  if (condition.type !== 'DisruptionAllowed' || condition.status === 'False') return condition;
  return { ...condition, status: 'False', reason: 'InsufficientPods', lastTransitionTime: now };
}

async function markDisrupted({ server, definition, info }: ResourceRequest, pod: Pod): Promise<void> {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: timestamp(server.clock),
  };
  await updateObject({ server, definition, namespace: info.namespace, dryRun: false, subresource: 'status' }, info.name, (current) => {
    if (current.metadata.uid !== pod.metadata.uid) throw conflict(definition, info.name);
    const { status } = current as Pod;
    const others = (status?.conditions ?? []).filter((existing) => existing.type !== 'DisruptionTarget');
    return {
      ...current,
      metadata: { ...current.metadata, resourceVersion: undefined },
      status: { ...status, conditions: [...others, condition] },
    } as KubeObject;
  });
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
}
