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
  /** What of the processors the process used in that time, the collection of garbage beside it included. */
  readonly podsReadyCpuMs: number;
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
    await untilReady(cluster, clock, NODES, nodes);
    const nodesReadyMs = clock.now() - started;
    const created = clock.now();
    const before = process.cpuUsage();
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
    await untilReady(cluster, clock, PODS, pods);
    const { user, system } = process.cpuUsage(before);
    return {
      nodesReadyMs,
      podsReadyMs: clock.now() - created,
      podsReadyCpuMs: (user + system) / 1000,
      memoryMiB: Math.max(peak, process.memoryUsage().rss) / 2 ** 20,
    };
  } finally {
    timer();
    await end();
  }
}
