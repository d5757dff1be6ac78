// The exercise: three CockroachDB nodes on local volumes survive a lost node.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lookup } from '@holdfast/agent';
import { type Client, clientFromKubeconfig } from '@holdfast/client';
import { type Clock, formatTime, sleep } from '@holdfast/clock';
import { CRDB_CLUSTERS, operatorManifests } from '@holdfast/operator';
import {
  DEPLOYMENTS,
  EVENTS,
  isNotFound,
  type KubeObject,
  NODES,
  PERSISTENTVOLUMECLAIMS,
  PERSISTENTVOLUMES,
  type Pod,
  PODS,
  type ResourceType,
} from '@holdfast/schema';
import { parseAllDocuments } from 'yaml';
import { applyObjects, resolveType } from '../apply.ts';
import { parseKindConfig } from '../config/kind-config.ts';
import { down, type LabContext, type LabView, up } from '../lifecycle.ts';
import { cordon, drain } from './drain.ts';
import { execIn } from './exec.ts';
import { type DatabaseNode, parseNodeStatus } from './node-status.ts';
import type { Progress } from './progress.ts';
import type { ExerciseReport, WriteReport } from './report.ts';
import { type StepContext, StepRunner } from './steps.ts';
import { ExerciseError, waitFor } from './wait.ts';
import { Writer } from './writer.ts';

export interface CockroachExerciseOptions {
  readonly lab: LabContext;
  /** Name of the lab to make. */
  readonly name: string;
  readonly keep: boolean;
  readonly bundles: readonly string[];
  /** Folder with the exercise's input files. */
  readonly inputs: string;
  readonly operatorImage: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Number of steps, for progress. */
export const COCKROACH_STEPS = 8;

const SELECTOR = 'app.kubernetes.io/name=cockroachdb';
const CLUSTER = 'cockroachdb';
const NAMESPACE = 'default';
const REPLICAS = 3;
const ROWS = 5;
/** The manifests of the exercise speak of a lab of this name. */
const NAME_IN_MANIFESTS = 'data-lab';
const STATUS_POLL_MS = 250;

/** Runs the exercise; rejects only for bugs and when stopped by the signal: what fails is in the report. */
export async function runCockroachExercise(options: CockroachExerciseOptions): Promise<ExerciseReport> {
  const run = new CockroachExercise(options);
  return run.run();
}

class CockroachExercise {
  readonly #options: CockroachExerciseOptions;
  readonly #clock: Clock;
  readonly #runner: StepRunner;
  readonly #startedAt: string;
  #client!: Client;
  #lab!: LabView;
  #writer: Writer | undefined;
  #writes: WriteReport = { acknowledged: 0, lost: 0, longestGapMs: 0 };
  #recoveryMs: number | null = null;
  #image: ExerciseReport['image'] = { requested: '', ran: 'unknown', detail: 'no database pod was started' };
  #made = false;

  constructor(options: CockroachExerciseOptions) {
    this.#options = options;
    this.#clock = options.lab.clock;
    this.#runner = new StepRunner(this.#clock, options.progress);
    this.#startedAt = formatTime(this.#clock.now());
  }

  async run(): Promise<ExerciseReport> {
    let error: Error | undefined;
    try {
      await this.#createCluster();
      await this.#localVolumes();
      await this.#installOperator();
      await this.#createDatabase();
      await this.#testData();
      const node = await this.#nodeFailure();
      await this.#nodeReturns(node);
      if (!this.#options.keep) await this.#cleanUp();
    } catch (caught) {
      error = caught instanceof Error ? caught : new Error('the exercise failed', { cause: caught });
      await this.#writer?.stop().catch(() => undefined);
    }
    if (error !== undefined && this.#made && !this.#options.keep) await down(this.#options.lab, this.#options.name);
    if (this.#options.signal.aborted) throw this.#options.signal.reason;
    return this.#report(error);
  }

  #report(error: Error | undefined): ExerciseReport {
    const { steps, criteria } = this.#runner;
    return {
      exercise: 'cockroachdb',
      lab: this.#options.name,
      startedAt: this.#startedAt,
      passed: error === undefined && criteria.every((criterion) => criterion.met),
      criteria,
      writes: this.#writes,
      recoveryMs: this.#recoveryMs,
      image: this.#image,
      steps,
      ...(error === undefined ? {} : { error: error.message }),
    };
  }

  async #createCluster(): Promise<void> {
    const { lab, name, bundles, keep } = this.#options;
    await this.#runner.step(
      `Create the cluster ${name}`,
      [`holdfast lab up --name ${name} --config kind-config.yaml`],
      async ({ evidence }) => {
        const { config } = parseKindConfig(this.#input('kind-config.yaml'), 'kind-config.yaml');
        // Each lab has disks of its own, so that exercises can run side by side.
        const folder = join(lab.stateRoot, 'labs', name, 'disks');
        const nodes = config.nodes.map((node) => ({
          ...node,
          extraMounts: node.extraMounts.map((mount) => ({ ...mount, hostPath: mount.hostPath.replace('/tmp/cockroachdb', folder) })),
        }));
        this.#lab = await up(lab, { name, config: { nodes }, bundles, ephemeral: !keep, fresh: true });
        this.#made = true;
        this.#client = await clientFromKubeconfig(this.#lab.folder.kubeconfig);
        const ready = await this.#client.list(NODES);
        evidence(ready.items.map((node) => `${(node.metadata.name ?? '').padEnd(28)}Ready`).join('\n'));
      },
    );
  }

  async #localVolumes(): Promise<void> {
    await this.#runner.step(
      'Offer the local disks as volumes',
      ['kubectl apply -f local-storage.yaml', 'kubectl get pv'],
      async (context) => {
        await this.#apply('local-storage.yaml', context);
        const volumes = await waitFor(this.#client, this.#clock, PERSISTENTVOLUMES, {
          ...this.#waiting(context, 10_000),
          missing: (found) => {
            const available = found.filter((volume) => volume.status?.phase === 'Available').length;
            return available === REPLICAS ? undefined : `${available} of ${REPLICAS} volumes Available`;
          },
        });
        context.evidence(
          volumes
            .map((volume) => `${(volume.metadata.name ?? '').padEnd(20)}${volume.spec?.capacity?.['storage']}   ${volume.status?.phase}`)
            .join('\n'),
        );
      },
    );
  }

  async #installOperator(): Promise<void> {
    const commands = [
      'holdfast install operator | kubectl apply -f -',
      'kubectl -n cockroach-operator-system wait --for=condition=Available deployment/cockroach-operator-manager --timeout=120s',
    ];
    await this.#runner.step('Install the operator', commands, async (context) => {
      for await (const line of applyObjects(this.#client, operatorManifests({ image: this.#options.operatorImage }), this.#options.signal))
        context.evidence(line);
      await waitFor(this.#client, this.#clock, DEPLOYMENTS, {
        ...this.#waiting(context, 120_000),
        namespace: 'cockroach-operator-system',
        missing: ([deployment]) =>
          deployment?.status?.conditions?.some((condition) => condition.type === 'Available' && condition.status === 'True')
            ? undefined
            : 'the operator is not Available yet',
      });
      context.evidence('deployment.apps/cockroach-operator-manager condition met');
    });
  }

  async #createDatabase(): Promise<void> {
    const commands = [
      'kubectl apply -f cockroachdb-cluster.yaml',
      `kubectl get pods -w -l ${SELECTOR}`,
      'kubectl exec cockroachdb-0 -- cockroach node status --insecure',
    ];
    await this.#runner.step('Create the database', commands, async (context) => {
      await this.#apply('cockroachdb-cluster.yaml', context);
      const pods = await this.#podsReady(REPLICAS, context, 180_000);
      context.evidence(
        pods.map((pod) => `${(pod.metadata.name ?? '').padEnd(16)}${pod.status?.podIP?.padEnd(16)}${pod.spec?.nodeName}`).join('\n'),
      );
      await this.#whichImage(pods[0], context);
      await this.#live(REPLICAS, context, 30_000);
      await this.#judgeVolumes(pods);
      const live = await this.#nodeStatus('cockroachdb-0');
      this.#runner.judge(
        'the database is deployed by the operator on local storage',
        pods.length === REPLICAS && live.filter((node) => node.isLive).length === REPLICAS,
        `${pods.length} pods Ready, ${live.filter((node) => node.isLive).length} of ${live.length} database nodes live`,
      );
    });
  }

  async #testData(): Promise<void> {
    const commands = ['kubectl exec -i cockroachdb-0 -- cockroach sql --insecure < test-data.sql'];
    await this.#runner.step('Write the test data and read it on every node', commands, async (context) => {
      const { stdout } = await execIn(
        this.#client,
        this.#pod('cockroachdb-0'),
        ['cockroach', 'sql', '--insecure'],
        this.#options.signal,
        this.#input('test-data.sql'),
      );
      context.evidence(stdout);
      const counts: string[] = [];
      for (let index = 0; index < REPLICAS; index++) counts.push(`cockroachdb-${index}: ${await this.#count(`cockroachdb-${index}`)}`);
      const met = counts.every((count) => count.endsWith(`: ${ROWS}`));
      context.evidence(`rows counted through ${counts.join(', ')}`);
      this.#runner.judge('test data is written and read on every node', met, `rows counted through ${counts.join(', ')}`);
    });
  }

  async #nodeFailure(): Promise<string> {
    const pod = 'cockroachdb-1';
    const node = (await this.#client.get(PODS, this.#pod(pod))).spec?.nodeName ?? '';
    const commands = [
      `kubectl cordon ${node}`,
      `kubectl drain ${node} --delete-emptydir-data --ignore-daemonsets --force --timeout=60s`,
      'kubectl exec cockroachdb-0 -- cockroach node status --insecure',
      "kubectl exec cockroachdb-0 -- cockroach sql --insecure -e 'SELECT count(*) FROM testdb.sensors'",
    ];
    await this.#runner.step('Take a node away while a client writes', commands, async (context) => {
      this.#writer = new Writer({ clock: this.#clock, address: () => this.#publicAddress() });
      await this.#writer.start();
      context.evidence(`a client writes through cockroachdb-public, ${this.#writer.acknowledged} write(s) acknowledged so far`);
      const before = this.#writer.acknowledged;
      await drain(this.#client, this.#clock, node, { limitMs: 60_000, note: context.evidence, signal: this.#options.signal });
      const live = await this.#live(REPLICAS - 1, context, 30_000);
      const count = await this.#count('cockroachdb-0');
      await waitFor(this.#client, this.#clock, PODS, {
        ...this.#waiting(context, 30_000),
        namespace: NAMESPACE,
        fieldSelector: `metadata.name=${pod}`,
        missing: ([found]) => (found?.status?.phase === 'Pending' && !found.spec?.nodeName ? undefined : `${pod} is not Pending yet`),
      });
      const during = this.#writer.acknowledged - before;
      context.evidence(
        `${live} of ${REPLICAS} database nodes live, ${count} rows in testdb.sensors, ${pod} is Pending: its volume is on ${node}`,
      );
      context.evidence(`${during} writes acknowledged while the node went away`);
      this.#runner.judge(
        'a node is lost and the data is still available',
        count === ROWS && live === REPLICAS - 1 && during > 0,
        `${live} of ${REPLICAS} live, ${count} of ${ROWS} rows, ${during} writes acknowledged meanwhile`,
      );
    });
    return node;
  }

  async #nodeReturns(node: string): Promise<void> {
    await this.#runner.step(
      'Bring the node back',
      [`kubectl uncordon ${node}`, 'kubectl exec cockroachdb-0 -- cockroach node status --insecure'],
      async (context) => {
        const started = this.#clock.now();
        await cordon(this.#client, node, false);
        context.evidence(`node/${node} uncordoned`);
        const live = await this.#live(REPLICAS, context, 60_000);
        this.#recoveryMs = Math.round(this.#clock.now() - started);
        const pods = await this.#podsReady(REPLICAS, context, 120_000);
        const back = pods.find((pod) => pod.metadata.name === 'cockroachdb-1')?.spec?.nodeName;
        context.evidence(`${live} of ${REPLICAS} live after ${(this.#recoveryMs / 1000).toFixed(1)} s; cockroachdb-1 is on ${back} again`);
        this.#runner.judge(
          'the node is back and three of three are healthy',
          live === REPLICAS && back === node,
          `${live} of ${REPLICAS} live ${(this.#recoveryMs / 1000).toFixed(1)} s after uncordon, on ${back}`,
        );
        await this.#writer?.stop();
        this.#writes = (await this.#writer?.verify()) ?? this.#writes;
        this.#runner.judge(
          'no acknowledged write is lost',
          this.#writes.lost === 0 && this.#writes.acknowledged > 0,
          `${this.#writes.acknowledged} acknowledged, ${this.#writes.lost} lost, longest gap ${this.#writes.longestGapMs} ms`,
        );
      },
    );
  }

  async #cleanUp(): Promise<void> {
    const commands = [
      'kubectl delete -f cockroachdb-cluster.yaml',
      `kubectl delete pvc -l ${SELECTOR}`,
      'kubectl delete -f local-storage.yaml',
      `holdfast lab down --name ${this.#options.name}`,
    ];
    await this.#runner.step('Clean up', commands, async (context) => {
      await this.#client.delete(CRDB_CLUSTERS, { namespace: NAMESPACE, name: CLUSTER });
      await this.#allGone(PODS, SELECTOR, 'database pods', context);
      const claims = await this.#client.list(PERSISTENTVOLUMECLAIMS, { namespace: NAMESPACE, labelSelector: SELECTOR });
      for (const claim of claims.items)
        await this.#client.delete(PERSISTENTVOLUMECLAIMS, { namespace: NAMESPACE, name: claim.metadata.name ?? '' });
      await this.#allGone(PERSISTENTVOLUMECLAIMS, SELECTOR, 'claims', context);
      context.evidence(`${claims.items.length} claims deleted`);
      for (const object of this.#manifest('local-storage.yaml')) {
        const type = await resolveType(this.#client, object);
        await this.#client.delete(type, { name: object.metadata.name ?? '' }).catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
      }
      await down(this.#options.lab, this.#options.name);
      context.evidence(`lab ${this.#options.name} is gone`);
    });
  }

  async #allGone(type: ResourceType, labelSelector: string, what: string, context: StepContext): Promise<void> {
    await waitFor(this.#client, this.#clock, type, {
      ...this.#waiting(context, 120_000),
      namespace: NAMESPACE,
      labelSelector,
      missing: (objects) => (objects.length === 0 ? undefined : `${objects.length} ${what} left`),
    });
  }

  async #apply(file: string, context: StepContext): Promise<void> {
    for await (const line of applyObjects(this.#client, this.#manifest(file), this.#options.signal)) context.evidence(line);
  }

  #input(file: string): string {
    return readFileSync(join(this.#options.inputs, file), 'utf8');
  }

  /** The objects of a manifest, with the lab's name in place of the one that the file was written for. */
  #manifest(file: string): readonly KubeObject[] {
    const text = this.#input(file).replaceAll(`${NAME_IN_MANIFESTS}-`, `${this.#options.name}-`);
    return parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
  }

  #waiting(context: StepContext, limitMs: number): { limitMs: number; status: (text: string) => void; signal: AbortSignal } {
    return { limitMs, status: context.status, signal: this.#options.signal };
  }

  #pod(name: string): { namespace: string; name: string } {
    return { namespace: NAMESPACE, name };
  }

  async #podsReady(count: number, context: StepContext, limitMs: number): Promise<readonly Pod[]> {
    return waitFor(this.#client, this.#clock, PODS, {
      ...this.#waiting(context, limitMs),
      namespace: NAMESPACE,
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

  async #nodeStatus(pod: string): Promise<readonly DatabaseNode[]> {
    const { stdout } = await execIn(
      this.#client,
      this.#pod(pod),
      ['cockroach', 'node', 'status', '--insecure', '--format=csv'],
      this.#options.signal,
    );
    return parseNodeStatus(stdout);
  }

  /** Asks the database again and again until so many of its nodes are live. */
  async #live(count: number, context: StepContext, limitMs: number): Promise<number> {
    const end = this.#clock.now() + limitMs;
    for (;;) {
      const live = (await this.#nodeStatus('cockroachdb-0')).filter((node) => node.isLive).length;
      if (live === count) return live;
      if (this.#clock.now() > end)
        throw new ExerciseError(`${live} of ${REPLICAS} database nodes are live, ${count} were expected within ${limitMs / 1000} s`);
      context.status(`${live} of ${REPLICAS} database nodes live`);
      // The database offers no way to be told.
      await sleep(this.#clock, STATUS_POLL_MS, this.#options.signal);
    }
  }

  async #count(pod: string): Promise<number> {
    const { stdout } = await execIn(
      this.#client,
      this.#pod(pod),
      ['cockroach', 'sql', '--insecure', '--format=csv', '-e', 'SELECT count(*) FROM testdb.sensors'],
      this.#options.signal,
    );
    return Number(stdout.trim().split('\n').at(-1));
  }

  async #judgeVolumes(pods: readonly Pod[]): Promise<void> {
    const volumes = await this.#client.list(PERSISTENTVOLUMES);
    const places = volumes.items.map((volume) => {
      const host = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms?.[0]?.matchExpressions?.[0]?.values?.[0];
      const claim = volume.spec?.claimRef?.name;
      const pod = pods.find((candidate) => `datadir-${candidate.metadata.name}` === claim);
      return {
        name: volume.metadata.name ?? '',
        bound: volume.status?.phase === 'Bound',
        right: pod?.spec?.nodeName === host,
        host,
        claim,
      };
    });
    const met = places.length === REPLICAS && places.every((place) => place.bound && place.right);
    this.#runner.judge(
      'three local volumes are bound to the intended workers',
      met,
      places.map((place) => `${place.name} → ${place.claim ?? 'nothing'} on ${place.host}`).join(', '),
    );
  }

  async #whichImage(pod: Pod | undefined, context: StepContext): Promise<void> {
    const requested = pod?.spec?.containers[0]?.image ?? '';
    const imageId = pod?.status?.containerStatuses?.[0]?.imageID ?? '';
    const ran = imageId.startsWith('understudy://') ? 'understudy' : 'real';
    const events = await this.#client.list(EVENTS, {
      namespace: NAMESPACE,
      fieldSelector: `involvedObject.name=${pod?.metadata.name},reason=Understudy`,
    });
    const detail = events.items[0]?.message ?? imageId;
    this.#image = { requested, ran, detail };
    context.evidence(
      ran === 'understudy'
        ? `NOTE: ${requested} cannot be had here; an understudy runs in its place: ${detail}`
        : `${requested} runs as ${detail}`,
    );
  }

  async #publicAddress(): Promise<{ host: string; port: number }> {
    const [host = '', port = '53'] = (this.#lab.running?.dns ?? '').split(':');
    const [address] = await lookup(`cockroachdb-public.${NAMESPACE}.svc.cluster.local`, { server: { host, port: Number(port) } });
    if (!address) throw new ExerciseError('cockroachdb-public has no address in the cluster DNS');
    return { host: address, port: 26257 };
  }
}
