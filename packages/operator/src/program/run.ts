// The operator's program without its process: knows a cluster, its settings and when to stop.
import { type Client, createClient, httpsTransport, inClusterConfig, loadKubeconfig } from '@holdfast/client';
import { type Clock, type Random, uuid } from '@holdfast/clock';
import { createManager, leadWhileHolding, type Logger, type Manager } from '@holdfast/controller';
import { supportedVersions } from '../api/image.ts';
import { CACHE_LABELS, crdbClusterController } from '../cluster/controller.ts';
import type { OperatorSettings } from '../cluster/observed.ts';
import type { Flags } from './flags.ts';
import { servePages } from './http-endpoint.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What the program is given by its process. */
export interface ProgramOptions {
  readonly flags: Flags;
  readonly env: Env;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Runs until the signal aborts; rejects when the cluster cannot be known or the leader's lease is lost. */
export async function runOperator({ flags, env, clock, random, log }: ProgramOptions, signal: AbortSignal): Promise<void> {
  const { client, namespace } = await connect(flags, env);
  const managers: Manager[] = [];
  let ready = false;
  // Reachable from the pod's network where there is one, else from this machine only.
  const host = env.HOLDFAST_POD_IP || env.POD_IP || '127.0.0.1';
  const health = await servePages(flags.healthAddr, host, {
    '/healthz': () => ({ status: 200, text: 'ok' }),
    '/readyz': () => (ready ? { status: 200, text: 'ok' } : { status: 503, text: 'caches are not synced yet' }),
  });
  const metrics = await servePages(flags.metricsAddr, host, { '/metrics': () => ({ status: 200, text: metricsText(managers) }) });

  const lead = async (leading: AbortSignal): Promise<void> => {
    managers.push(...namespacesOf(env).map((only) => managerFor(only, { client, env, clock, random, log })));
    await Promise.all(managers.map((manager) => manager.start(leading)));
    ready = !leading.aborted;
    if (ready) log.info({ namespaces: namespacesOf(env) }, 'operator started');
    await Promise.all(managers.map((manager) => manager.stopped()));
  };
  try {
    if (!flags.enableLeaderElection) await lead(signal);
    else {
      // A replica that waits for its turn is as ready as it needs to be.
      ready = true;
      const identity = `${env.POD_NAME ?? 'operator'}_${uuid(random)}`;
      await leadWhileHolding({ client, clock, random, log, namespace, name: flags.leaderElectionId, identity }, signal, lead);
    }
  } finally {
    await Promise.all([health.close(), metrics.close()]);
  }
}

async function connect({ kubeconfig }: Flags, env: Env): Promise<{ readonly client: Client; readonly namespace: string }> {
  const access = kubeconfig === undefined ? await inClusterConfig(env) : await loadKubeconfig(kubeconfig);
  return {
    client: createClient(httpsTransport({ ...access, userAgent: 'cockroach-operator' })),
    namespace: env.NAMESPACE || access.namespace,
  };
}

/** WATCH_NAMESPACE: empty for all, or a list with commas. */
function namespacesOf(env: Env): readonly (string | undefined)[] {
  const listed = (env.WATCH_NAMESPACE ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return listed.length > 0 ? listed : [undefined];
}

function managerFor(
  namespace: string | undefined,
  { client, env, clock, random, log }: Omit<ProgramOptions, 'flags'> & { readonly client: Client },
): Manager {
  const settings: OperatorSettings = { supported: supportedVersions(env), extraEnv: extraEnvOf(env) };
  return createManager({
    client,
    clock,
    random,
    log,
    namespace,
    labelSelectors: CACHE_LABELS,
    components: [crdbClusterController(settings)],
  });
}

/** CRDB_FOO=bar reaches the database's containers as FOO=bar. */
function extraEnvOf(env: Env): OperatorSettings['extraEnv'] {
  return Object.keys(env)
    .filter((name) => name.startsWith('CRDB_'))
    .toSorted()
    .map((name) => ({ name: name.slice('CRDB_'.length), value: env[name] ?? '' }));
}

/** Prometheus' text format, with the names that controller-runtime uses. */
function metricsText(managers: readonly Manager[]): string {
  const lines = [
    '# TYPE workqueue_depth gauge',
    '# TYPE workqueue_adds_total counter',
    '# TYPE controller_runtime_reconcile_errors_total counter',
  ];
  for (const component of managers.flatMap((manager) => manager.components)) {
    if (!('stats' in component) || typeof component.stats !== 'function') continue;
    const stats = (component.stats as () => { readonly depth: number; readonly adds: number; readonly errors: number })();
    lines.push(
      `workqueue_depth{name="${component.name}"} ${stats.depth}`,
      `workqueue_adds_total{name="${component.name}"} ${stats.adds}`,
      `controller_runtime_reconcile_errors_total{controller="${component.name}"} ${stats.errors}`,
    );
  }
  return lines.join('\n');
}
