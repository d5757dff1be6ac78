// How long a cluster of simulated nodes takes, in real time, until all pods of its Deployments are Ready, and what memory that needs.
// Run: npm run bench -- scale
import { systemClock } from '@holdfast/clock';
import { DEPLOYMENTS, NODES, PODS } from '@holdfast/schema';
import { simulatedCluster, untilReady } from './simulated-cluster.ts';

const PODS_OF_A_DEPLOYMENT = 500;

export interface ScaleFigures {
  readonly nodesReadyMs: number;
  /** From the creation of the Deployments until every pod is Ready. */
  readonly podsReadyMs: number;
  /** Of the whole process. */
  readonly memoryMiB: number;
}

export async function scaleFigures(nodes: number, pods: number): Promise<ScaleFigures> {
  const clock = systemClock();
  const { cluster, end } = await simulatedCluster(clock, nodes);
  let peak = 0;
  const sample = (): void => {
    peak = Math.max(peak, process.memoryUsage().rss);
    timer = clock.after(100, sample);
  };
  let timer = clock.after(100, sample);
  try {
    const started = clock.now();
    await cluster.start();
    await untilReady(cluster.client.watch(NODES), nodes);
    const nodesReadyMs = clock.now() - started;
    const created = clock.now();
    for (let made = 0; made < pods; made += PODS_OF_A_DEPLOYMENT) {
      const name = `web-${made / PODS_OF_A_DEPLOYMENT}`;
      const labels = { app: name };
      await cluster.client.create(DEPLOYMENTS, {
        metadata: { name, namespace: 'default' },
        spec: {
          replicas: Math.min(PODS_OF_A_DEPLOYMENT, pods - made),
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [{ name: 'c', image: 'web:1', resources: { requests: { cpu: '10m', memory: '16Mi' } } }] },
          },
        },
      });
    }
    await untilReady(cluster.client.watch(PODS, { namespace: 'default' }), pods);
    return { nodesReadyMs, podsReadyMs: clock.now() - created, memoryMiB: Math.max(peak, process.memoryUsage().rss) / 2 ** 20 };
  } finally {
    timer();
    await end();
  }
}
