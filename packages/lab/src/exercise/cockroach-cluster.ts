// The database of the exercise, as a client of the cluster sees it.
import { lookup } from '@holdfast/agent';
import type { Client } from '@holdfast/client';
import { type Clock, sleep } from '@holdfast/clock';
import { EVENTS, type KubeObject, PERSISTENTVOLUMES, type Pod, PODS, type ResourceType } from '@holdfast/schema';
import { execIn } from './exec.ts';
import { type DatabaseNode, parseNodeStatus } from './node-status.ts';
import type { ExerciseReport } from './report.ts';
import type { StepContext } from './steps.ts';
import { ExerciseError, waitFor, type WaitOptions } from './wait.ts';

export const SELECTOR = 'app.kubernetes.io/name=cockroachdb';
export const CLUSTER = 'cockroachdb';
export const NAMESPACE = 'default';
export const REPLICAS = 3;
const STATUS_POLL_MS = 250;

export interface CockroachClusterOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** `host:port` of the cluster's DNS server. */
  readonly dns: string;
}

/** Where a volume is, and whose it is. */
export interface VolumePlace {
  readonly volume: string;
  readonly claim: string;
  readonly node: string;
  /** Bound, and its pod runs where it is. */
  readonly right: boolean;
}

export class CockroachCluster {
  readonly #options: CockroachClusterOptions;

  constructor(options: CockroachClusterOptions) {
    this.#options = options;
  }

  /** Waits for so many database pods to be Ready. */
  async podsReady(count: number, context: StepContext, limitMs: number): Promise<readonly Pod[]> {
    return this.wait(PODS, context, {
      limitMs,
      labelSelector: SELECTOR,
      missing: (pods) => {
        const ready = pods.filter((pod) =>
          pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
        );
        return ready.length >= count
          ? undefined
          : `${ready.length} of ${count} database pods Ready (the operator's probe starts after 10 s)`;
      },
    });
  }

  /** The nodes of the database, as this pod's database sees them. */
  async nodeStatus(pod: string): Promise<readonly DatabaseNode[]> {
    return parseNodeStatus(await this.exec(pod, ['cockroach', 'node', 'status', '--insecure', '--format=csv']));
  }

  /** Asks the database again and again until so many of its nodes are live. */
  async live(count: number, context: StepContext, limitMs: number): Promise<number> {
    const { clock, signal } = this.#options;
    const end = clock.now() + limitMs;
    for (;;) {
      const live = (await this.nodeStatus('cockroachdb-0')).filter((node) => node.isLive).length;
      if (live === count) return live;
      if (clock.now() > end)
        throw new ExerciseError(`${live} of ${REPLICAS} database nodes are live, ${count} were expected within ${limitMs / 1000} s`);
      context.status(`${live} of ${REPLICAS} database nodes live`);
      // The database offers no way to be told.
      await sleep(clock, STATUS_POLL_MS, signal);
    }
  }

  /** Rows of the test data, as this pod sees them. */
  async count(pod: string): Promise<number> {
    const stdout = await this.exec(pod, ['cockroach', 'sql', '--insecure', '--format=csv', '-e', 'SELECT count(*) FROM testdb.sensors']);
    return Number(stdout.trim().split('\n').at(-1));
  }

  async volumePlaces(pods: readonly Pod[]): Promise<readonly VolumePlace[]> {
    const volumes = await this.#options.client.list(PERSISTENTVOLUMES);
    return volumes.items.map((volume) => {
      const node = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms?.[0]?.matchExpressions?.[0]?.values?.[0] ?? '';
      const claim = volume.spec?.claimRef?.name ?? '';
      const pod = pods.find((candidate) => `datadir-${candidate.metadata.name}` === claim);
      return {
        volume: volume.metadata.name ?? '',
        claim,
        node,
        right: volume.status?.phase === 'Bound' && pod?.spec?.nodeName === node,
      };
    });
  }

  /** Which program runs in a pod: the real one, or an understudy that has said so in an event. */
  async image(pod: Pod | undefined): Promise<ExerciseReport['image']> {
    const requested = pod?.spec?.containers[0]?.image ?? '';
    const imageId = pod?.status?.containerStatuses?.[0]?.imageID ?? '';
    const ran = imageId.startsWith('understudy://') ? 'understudy' : 'real';
    const events = await this.#options.client.list(EVENTS, {
      namespace: NAMESPACE,
      fieldSelector: `involvedObject.name=${pod?.metadata.name},reason=Understudy`,
    });
    return { requested, ran, detail: events.items[0]?.message ?? imageId };
  }

  /** Waits until nothing that the selector finds is left. */
  async allGone(type: ResourceType, labelSelector: string, what: string, context: StepContext): Promise<void> {
    await this.wait(type, context, {
      limitMs: 120_000,
      labelSelector,
      missing: (objects) => (objects.length === 0 ? undefined : `${objects.length} ${what} left`),
    });
  }

  /** The address that applications use, as the cluster's DNS gives it. */
  async publicAddress(): Promise<{ host: string; port: number }> {
    const [host = '', port = '53'] = this.#options.dns.split(':');
    const [address] = await lookup(`cockroachdb-public.${NAMESPACE}.svc.cluster.local`, { server: { host, port: Number(port) } });
    if (!address) throw new ExerciseError('cockroachdb-public has no address in the cluster DNS');
    return { host: address, port: 26257 };
  }

  /** Waits for objects of the exercise's namespace. */
  async wait<T extends KubeObject>(
    type: ResourceType<T>,
    { status }: StepContext,
    wanted: Pick<WaitOptions<T>, 'limitMs' | 'missing' | 'labelSelector' | 'fieldSelector'>,
  ): Promise<readonly T[]> {
    const { client, clock, signal } = this.#options;
    return waitFor(client, clock, type, { namespace: NAMESPACE, ...wanted, status, signal });
  }

  /** Runs a command in a pod of the database; resolves with what it printed. */
  async exec(pod: string, command: readonly string[], stdin?: string): Promise<string> {
    const { client, signal } = this.#options;
    return (await execIn(client, { namespace: NAMESPACE, name: pod }, command, signal, stdin)).stdout;
  }
}
