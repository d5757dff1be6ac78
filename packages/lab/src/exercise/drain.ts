// What `kubectl drain` does: cordon, then evict what is not a daemon's, again and again where a budget refuses.
import type { Client } from '@holdfast/client';
import { type Clock, sleep } from '@holdfast/clock';
import { isNotFound, NODES, type Pod, PODS, StatusError } from '@holdfast/schema';
import { ExerciseError } from './wait.ts';

/** kubectl waits five seconds after a refusal. */
const RETRY_MS = 5_000;

export async function cordon(client: Client, node: string, unschedulable: boolean): Promise<void> {
  await client.patch(NODES, { name: node }, { type: 'strategic', body: { spec: { unschedulable: unschedulable || null } } });
}

/** Evicts the node's pods and resolves when they are gone. Throws ExerciseError after `limitMs`. */
export async function drain(
  client: Client,
  clock: Clock,
  node: string,
  options: { readonly limitMs: number; readonly note: (text: string) => void; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  await cordon(client, node, true);
  options.note(`node/${node} cordoned`);
  const pods = await client.list(PODS, { fieldSelector: `spec.nodeName=${node}`, signal: options.signal });
  const leaving = pods.items.filter((pod) => !ownedByDaemonSet(pod));
  const end = clock.now() + options.limitMs;
  await Promise.all(
    leaving.map(async (pod) => {
      await evict(client, clock, pod, end, options);
      await gone(client, clock, pod, end, options.signal);
      options.note(`pod/${pod.metadata.name} evicted`);
    }),
  );
  options.note(`node/${node} drained`);
  return leaving.map((pod) => pod.metadata.name ?? '');
}

async function evict(
  client: Client,
  clock: Clock,
  pod: Pod,
  endMs: number,
  options: { readonly note: (text: string) => void; readonly signal: AbortSignal },
): Promise<void> {
  const key = { namespace: pod.metadata.namespace, name: pod.metadata.name ?? '' };
  for (;;) {
    try {
      await client.createSubresource(PODS, key, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: key });
      return;
    } catch (error) {
      if (isNotFound(error)) return;
      if (!(error instanceof StatusError) || error.code !== 429 || clock.now() + RETRY_MS > endMs) throw error;
      options.note(`error when evicting pods/"${key.name}" -n "${key.namespace}" (will retry after 5s): ${error.message}`);
      await sleep(clock, RETRY_MS, options.signal);
    }
  }
}

/** Resolves when the pod, as this one and not as its replacement of the same name, is gone. */
async function gone(client: Client, clock: Clock, pod: Pod, endMs: number, signal: AbortSignal): Promise<void> {
  const key = { namespace: pod.metadata.namespace, name: pod.metadata.name ?? '' };
  const limit = new AbortController();
  const cancel = clock.after(Math.max(0, endMs - clock.now()), () =>
    limit.abort(new ExerciseError(`drain did not complete within the timeout: pod ${key.name} is still terminating`)),
  );
  const both = AbortSignal.any([signal, limit.signal]);
  try {
    const current = await client.get(PODS, key, { signal: both });
    if (current.metadata.uid !== pod.metadata.uid) return;
    const watch = client.watch(PODS, {
      namespace: key.namespace,
      fieldSelector: `metadata.name=${key.name}`,
      resourceVersion: current.metadata.resourceVersion,
      signal: both,
    });
    for await (const event of watch) if (event.type === 'DELETED') return;
    both.throwIfAborted();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  } finally {
    cancel();
  }
}

function ownedByDaemonSet(pod: Pod): boolean {
  return pod.metadata.ownerReferences?.some((owner) => owner.controller && owner.kind === 'DaemonSet') ?? false;
}
