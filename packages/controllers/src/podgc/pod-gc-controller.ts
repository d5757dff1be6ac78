// Clears away pods that nobody else will: of nodes that are gone, unscheduled ones, too many that ended.
import { every, timestamp } from '@holdfast/clock';
import { type Component, type ComponentFactory, findCondition, setCondition } from '@holdfast/controller';
import { isConflict, isNotFound, NODES, type Pod, PODS } from '@holdfast/schema';
import { excessTerminated, isTerminated, orphaned, outOfService, type PodToCollect, unscheduledTerminating } from './decide.ts';

const PERIOD_MS = 20_000;
/** A node that vanished may come back; its pods are left alone for this long. */
const QUARANTINE_MS = 40_000;

export const podGcController: ComponentFactory = (context): Component => {
  const { client, clock, informers } = context;
  const log = context.log.child({ controller: 'podgc' });
  const pods = informers.informer(PODS);
  const nodes = informers.informer(NODES);
  /** When a node that pods name was first seen to be absent. */
  const missingSince = new Map<string, number>();
  let pass: Promise<void> = Promise.resolve();

  async function collect(): Promise<void> {
    const all = pods.list();
    const gone = await goneNodes(all);
    const byUid = new Map<string | undefined, PodToCollect>();
    const found = [...excessTerminated(all), ...orphaned(all, gone), ...unscheduledTerminating(all), ...outOfService(all, nodes.list())];
    for (const one of found) byUid.set(one.pod.metadata.uid, one);
    for (const one of byUid.values()) {
      await remove(one).catch((err: unknown) => {
        log.error({ err, namespace: one.pod.metadata.namespace, name: one.pod.metadata.name }, 'pod could not be collected');
      });
    }
  }

  async function goneNodes(all: readonly Pod[]): Promise<ReadonlySet<string>> {
    const named = new Set(all.flatMap(({ spec }) => (spec?.nodeName ? [spec.nodeName] : [])));
    for (const name of missingSince.keys()) if (!named.has(name) || nodes.get({ name })) missingSince.delete(name);
    for (const name of named) if (!nodes.get({ name }) && !missingSince.has(name)) missingSince.set(name, clock.now());
    const due = [...missingSince].filter(([, since]) => clock.now() - since >= QUARANTINE_MS).map(([name]) => name);
    const absent = await Promise.all(due.map(async (name) => ((await nodeExists(name)) ? [] : [name])));
    return new Set(absent.flat());
  }

  /** Asks the server: deleting pods because of a late cache cannot be undone. */
  async function nodeExists(name: string): Promise<boolean> {
    try {
      await client.get(NODES, { name });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async function remove({ pod, condition }: PodToCollect): Promise<void> {
    const { namespace, name = '', uid } = pod.metadata;
    try {
      await markFailed(pod, condition);
      await client.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
      log.info({ namespace, name }, 'collected pod');
    } catch (error) {
      // Gone meanwhile, or another pod of that name.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /** Job and others count ended pods, so a pod says that it failed before it goes. */
  async function markFailed(pod: Pod, condition: PodToCollect['condition']): Promise<void> {
    if (isTerminated(pod)) return;
    const { namespace, name = '', uid } = pod.metadata;
    const target = condition && { type: 'DisruptionTarget', status: 'True', lastTransitionTime: timestamp(clock), ...condition };
    const { conditions } = target ? setCondition(pod.status?.conditions, target, clock) : { conditions: pod.status?.conditions };
    const added = target ? { conditions: [findCondition(conditions, 'DisruptionTarget')] } : {};
    await client.patch(
      PODS,
      { namespace, name },
      { type: 'strategic', body: { metadata: { uid }, status: { phase: 'Failed', ...added } } },
      { subresource: 'status' },
    );
  }

  return {
    name: 'podgc',
    async start(signal) {
      const stop = every(clock, PERIOD_MS, () => {
        pass = pass.then(collect).catch((err: unknown) => log.error({ err }, 'collecting pods failed'));
      });
      signal.addEventListener('abort', stop, { once: true });
    },
    stopped: () => pass,
  };
};
