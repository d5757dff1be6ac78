// The exercise: three CockroachDB nodes on local volumes survive a lost node.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, clientFromKubeconfig } from '@holdfast/client';
import { type Clock, formatTime } from '@holdfast/clock';
import { CRDB_CLUSTERS, operatorManifests } from '@holdfast/operator';
import { DEPLOYMENTS, ignoreNotFound, type KubeObject, NODES, PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, PODS } from '@holdfast/schema';
import { parseAllDocuments } from 'yaml';
import { applyObjects, resolveType } from '../apply.ts';
import { parseKindConfig } from '../config/kind-config.ts';
import { down, type LabContext, up } from '../lifecycle.ts';
import { CLUSTER, CockroachCluster, NAMESPACE, REPLICAS, SELECTOR } from './cockroach-cluster.ts';
import { cordon, drain } from './drain.ts';
import type { Progress } from './progress.ts';
import type { ExerciseReport, WriteReport } from './report.ts';
import { type StepContext, StepRunner } from './steps.ts';
import { waitFor } from './wait.ts';
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

const ROWS = 5;
/** The manifests of the exercise speak of a lab of this name. */
const NAME_IN_MANIFESTS = 'data-lab';

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
  #database!: CockroachCluster;
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
        const made = await up(lab, { name, config: { nodes }, bundles, ephemeral: !keep, fresh: true });
        this.#made = true;
        this.#client = await clientFromKubeconfig(made.folder.kubeconfig);
        const { signal } = this.#options;
        this.#database = new CockroachCluster({ client: this.#client, clock: this.#clock, signal, dns: made.running?.dns ?? '' });
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
          limitMs: 10_000,
          status: context.status,
          signal: this.#options.signal,
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
        limitMs: 120_000,
        status: context.status,
        signal: this.#options.signal,
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
      const pods = await this.#database.podsReady(REPLICAS, context, 180_000);
      context.evidence(
        pods.map((pod) => `${(pod.metadata.name ?? '').padEnd(16)}${pod.status?.podIP?.padEnd(16)}${pod.spec?.nodeName}`).join('\n'),
      );
      this.#image = await this.#database.image(pods[0]);
      const { requested, ran, detail } = this.#image;
      context.evidence(
        ran === 'understudy'
          ? `NOTE: ${requested} cannot be had here; an understudy runs in its place: ${detail}`
          : `${requested} runs as ${detail}`,
      );
      await this.#database.live(REPLICAS, context, 30_000);
      const places = await this.#database.volumePlaces(pods);
      this.#runner.judge(
        'three local volumes are bound to the intended workers',
        places.length === REPLICAS && places.every((place) => place.right),
        places.map(({ volume, claim, node }) => `${volume} → ${claim || 'nothing'} on ${node}`).join(', '),
      );
      const live = await this.#database.nodeStatus('cockroachdb-0');
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
      const data = this.#input('test-data.sql');
      context.evidence(await this.#database.exec('cockroachdb-0', ['cockroach', 'sql', '--insecure'], data));
      const counts: string[] = [];
      for (let index = 0; index < REPLICAS; index++)
        counts.push(`cockroachdb-${index}: ${await this.#database.count(`cockroachdb-${index}`)}`);
      const met = counts.every((count) => count.endsWith(`: ${ROWS}`));
      context.evidence(`rows counted through ${counts.join(', ')}`);
      this.#runner.judge('test data is written and read on every node', met, `rows counted through ${counts.join(', ')}`);
    });
  }

  async #nodeFailure(): Promise<string> {
    const pod = 'cockroachdb-1';
    const node = (await this.#client.get(PODS, { namespace: NAMESPACE, name: pod })).spec?.nodeName ?? '';
    const commands = [
      `kubectl cordon ${node}`,
      `kubectl drain ${node} --delete-emptydir-data --ignore-daemonsets --force --timeout=60s`,
      'kubectl exec cockroachdb-0 -- cockroach node status --insecure',
      "kubectl exec cockroachdb-0 -- cockroach sql --insecure -e 'SELECT count(*) FROM testdb.sensors'",
    ];
    await this.#runner.step('Take a node away while a client writes', commands, async (context) => {
      this.#writer = new Writer({ clock: this.#clock, address: () => this.#database.publicAddress() });
      await this.#writer.start();
      context.evidence(`a client writes through cockroachdb-public, ${this.#writer.acknowledged} write(s) acknowledged so far`);
      const before = this.#writer.acknowledged;
      await drain(this.#client, this.#clock, node, { limitMs: 60_000, note: context.evidence, signal: this.#options.signal });
      const live = await this.#database.live(REPLICAS - 1, context, 30_000);
      const count = await this.#database.count('cockroachdb-0');
      await this.#database.wait(PODS, context, {
        limitMs: 30_000,
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
        const live = await this.#database.live(REPLICAS, context, 60_000);
        this.#recoveryMs = Math.round(this.#clock.now() - started);
        const pods = await this.#database.podsReady(REPLICAS, context, 120_000);
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
      await this.#database.allGone(PODS, SELECTOR, 'database pods', context);
      const claims = await this.#client.list(PERSISTENTVOLUMECLAIMS, { namespace: NAMESPACE, labelSelector: SELECTOR });
      for (const claim of claims.items)
        await this.#client.delete(PERSISTENTVOLUMECLAIMS, { namespace: NAMESPACE, name: claim.metadata.name ?? '' });
      await this.#database.allGone(PERSISTENTVOLUMECLAIMS, SELECTOR, 'claims', context);
      context.evidence(`${claims.items.length} claims deleted`);
      for (const object of this.#manifest('local-storage.yaml')) {
        const type = await resolveType(this.#client, object);
        await this.#client.delete(type, { name: object.metadata.name ?? '' }).catch(ignoreNotFound);
      }
      await down(this.#options.lab, this.#options.name);
      context.evidence(`lab ${this.#options.name} is gone`);
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
}
