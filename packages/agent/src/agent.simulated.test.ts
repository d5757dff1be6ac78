import type { Client } from '@holdfast/client';
import { LEASES, NODES, PODS } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { condition, simulate, spec } from './test/simulate.ts';

describe('agent with the simulated runtime', () => {
  it('registers its node and keeps its lease', async () => {
    await using sim = await simulate();
    const node = await sim.node.client.get(NODES, { name: 'n1' });
    expect(node).toMatchObject({
      metadata: { labels: { 'kubernetes.io/hostname': 'n1', 'kubernetes.io/os': 'linux' } },
      spec: { podCIDR: '127.91.2.0/24' },
      status: {
        capacity: { cpu: '4', memory: '8Gi', pods: '110' },
        addresses: [
          { type: 'InternalIP', address: '127.91.0.2' },
          { type: 'Hostname', address: 'n1' },
        ],
        nodeInfo: { kubeletVersion: 'v1.32.4', containerRuntimeVersion: 'holdfast://0.1.0' },
      },
    });
    expect(node.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'True',
      reason: 'KubeletReady',
      message: 'kubelet is posting ready status',
    });
    const lease = (): Promise<string | undefined> =>
      sim.node.client.get(LEASES, { namespace: 'kube-node-lease', name: 'n1' }).then((found) => found.spec?.renewTime);
    const before = await lease();
    const { resourceVersion } = node.metadata;
    await sim.clock.advance(10_000);
    expect(await lease()).not.toBe(before);
    expect((await sim.node.client.get(NODES, { name: 'n1' })).metadata.resourceVersion).toBe(resourceVersion);
    await sim.clock.advance(300_000);
    expect((await sim.node.client.get(NODES, { name: 'n1' })).metadata.resourceVersion).not.toBe(resourceVersion);
  });

  it('runs a pod: Running, Ready, an address, and the events of it', async () => {
    await using sim = await simulate();
    await sim.node.run('web-0', spec());
    await sim.clock.advance(1);
    const pod = await sim.node.pod('web-0');
    expect(pod.status).toMatchObject({ phase: 'Running', podIP: '127.91.2.2', hostIP: '127.91.0.2', qosClass: 'BestEffort' });
    expect(pod.status?.containerStatuses?.[0]).toMatchObject({
      ready: true,
      started: true,
      restartCount: 0,
      imageID: 'simulated://db:1',
      state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
    });
    for (const type of ['Ready', 'ContainersReady', 'Initialized', 'PodReadyToStartContainers']) expect(condition(pod, type)).toBe('True');
    expect(await sim.node.events('web-0')).toEqual([
      'Pulled: Container image "db:1" already present on machine',
      'Created: Created container: c',
      'Started: Started container c',
    ]);
  });

  it('writes first what waits, then, of what follows at once, the last alone', async () => {
    await using sim = await simulate();
    const seen: (readonly string[])[] = [];
    const stop = new AbortController();
    const watched = (async () => {
      for await (const event of sim.node.client.watch(PODS, { namespace: 'default', signal: stop.signal })) {
        if (event.type !== 'MODIFIED') continue;
        const { phase = '', containerStatuses = [] } = event.object.status ?? {};
        seen.push([phase, ...containerStatuses.flatMap(({ state }) => Object.keys(state ?? {}))]);
      }
    })();
    await sim.node.run('web-0', spec());
    await sim.clock.advance(1000);
    stop.abort();
    await watched;
    expect(seen).toEqual([
      ['Pending', 'waiting'],
      ['Running', 'running'],
    ]);
  });

  it('backs off between restarts exactly as the kubelet does', async () => {
    await using sim = await simulate({ container: () => ({ exitAfterMs: 1000, exitCode: 1 }) });
    const { metadata } = await sim.node.run('web-0', spec());
    const starts: number[] = [];
    const begin = sim.clock.now();
    let restarts = -1;
    while (sim.clock.now() - begin < 700_000) {
      const status = (await sim.node.pod('web-0')).status?.containerStatuses?.[0];
      if (status?.state?.running && status.restartCount !== restarts) {
        restarts = status.restartCount;
        starts.push((sim.clock.now() - begin) / 1000);
      }
      await sim.clock.advance(500);
    }
    expect(starts.slice(1).map((at, index) => Math.round(at - (starts[index] ?? 0)) - 1)).toEqual([0, 10, 20, 40, 80, 160, 300]);
    const [status] = (await sim.node.pod('web-0')).status?.containerStatuses ?? [];
    expect(status?.state?.waiting).toEqual({
      reason: 'CrashLoopBackOff',
      message: `back-off 5m0s restarting failed container=c pod=web-0_default(${metadata.uid})`,
    });
    expect(status?.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
    expect(await sim.node.events('web-0')).toContain(
      `BackOff: Back-off restarting failed container c in pod web-0_default(${metadata.uid})`,
    );
  });

  it('becomes Ready by its probe and restarts by its liveness probe', async () => {
    await using sim = await simulate({
      container: ({ restartCount }) => ({ readyAfterMs: 12_000, ...(restartCount === 0 ? { unhealthyAfterMs: 60_000 } : {}) }),
    });
    await sim.node.run(
      'web-0',
      spec({
        readinessProbe: { tcpSocket: { port: 1 }, initialDelaySeconds: 10, periodSeconds: 5 },
        livenessProbe: { tcpSocket: { port: 1 }, periodSeconds: 10, failureThreshold: 2 },
      }),
    );
    await sim.clock.advance(14_000);
    expect(condition(await sim.node.pod('web-0'), 'Ready')).toBe('False');
    expect((await sim.node.pod('web-0')).status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [c]',
    });
    await sim.clock.advance(1000);
    expect(condition(await sim.node.pod('web-0'), 'Ready')).toBe('True');
    await sim.clock.advance(50_000);
    expect((await sim.node.pod('web-0')).status?.containerStatuses?.[0]?.restartCount).toBe(0);
    await sim.clock.advance(6000);
    expect((await sim.node.pod('web-0')).status?.containerStatuses?.[0]?.restartCount).toBe(1);
    const events = await sim.node.events('web-0');
    expect(events).toContain('Unhealthy: Readiness probe failed: failed by script');
    expect(events).toContain('Unhealthy: Liveness probe failed: failed by script');
    expect(events).toContain('Killing: Container c failed liveness probe, will be restarted');
  });

  it('holds other probes back until the startup probe succeeds', async () => {
    await using sim = await simulate({ container: () => ({ readyAfterMs: 25_000, unhealthyAfterMs: 0 }) });
    await sim.node.run(
      'web-0',
      spec({
        startupProbe: { exec: { command: ['x'] }, periodSeconds: 10, failureThreshold: 5 },
        livenessProbe: { exec: { command: ['x'] }, failureThreshold: 1 },
      }),
    );
    await sim.clock.advance(29_000);
    expect((await sim.node.pod('web-0')).status?.containerStatuses?.[0]).toMatchObject({ started: false, ready: false, restartCount: 0 });
    await sim.clock.advance(1500);
    expect((await sim.node.pod('web-0')).status?.containerStatuses?.[0]).toMatchObject({ restartCount: 1 });
  });

  it('terminates gracefully: readiness stays, then final status, then the object is gone', async () => {
    await using sim = await simulate({ container: () => ({ stopMs: 5000 }) });
    await sim.node.run('web-0', spec({ lifecycle: { preStop: { sleep: { seconds: 3 } } } }));
    await sim.clock.advance(1);
    await sim.node.client.delete(PODS, { namespace: 'default', name: 'web-0' });
    await sim.clock.advance(7900);
    expect(condition(await sim.node.pod('web-0'), 'Ready')).toBe('True');
    expect(sim.runtime.running()).toBe(1);
    await sim.clock.advance(200);
    expect(await sim.node.exists('web-0')).toBe(false);
    expect(sim.runtime.running()).toBe(0);
    expect(await sim.node.events('web-0')).toContain('Killing: Stopping container c');
  });

  it('kills when the grace period is over, at least two seconds after SIGTERM', async () => {
    await using sim = await simulate({ container: () => ({ stopMs: 1_000_000 }) });
    await sim.node.run('web-0', spec({ lifecycle: { preStop: { sleep: { seconds: 30 } } } }));
    await sim.clock.advance(1);
    await sim.node.client.delete(PODS, { namespace: 'default', name: 'web-0' }, { gracePeriodSeconds: 10 });
    await sim.clock.advance(11_900);
    expect(await sim.node.exists('web-0')).toBe(true);
    await sim.clock.advance(200);
    expect(await sim.node.exists('web-0')).toBe(false);
  });

  it('shortens the wait when the pod is deleted again with less grace, and kills what was force-deleted', async () => {
    await using sim = await simulate({ container: () => ({ stopMs: 1_000_000 }) });
    await sim.node.run('web-0', spec());
    await sim.node.run('web-1', spec());
    await sim.clock.advance(1);
    await sim.node.client.delete(PODS, { namespace: 'default', name: 'web-0' }, { gracePeriodSeconds: 600 });
    await sim.clock.advance(1000);
    await sim.node.client.delete(PODS, { namespace: 'default', name: 'web-0' }, { gracePeriodSeconds: 2 });
    await sim.clock.advance(2100);
    expect(await sim.node.exists('web-0')).toBe(false);
    await sim.node.client.delete(PODS, { namespace: 'default', name: 'web-1' }, { gracePeriodSeconds: 0 });
    expect(sim.runtime.running()).toBe(1);
    await sim.clock.advance(2100);
    expect(sim.runtime.running()).toBe(0);
  });

  it('runs init containers, sidecars and main ones in order and completes', async () => {
    const order: string[] = [];
    await using sim = await simulate({
      container: ({ container }) => {
        order.push(container);
        return container === 'side' ? {} : { exitAfterMs: 1000 };
      },
    });
    await sim.node.run('job', {
      restartPolicy: 'Never',
      initContainers: [
        { name: 'init', image: 'a:1' },
        { name: 'side', image: 'a:1', restartPolicy: 'Always' },
      ],
      containers: [{ name: 'main', image: 'a:1' }],
    });
    await sim.clock.advance(500);
    expect(await sim.node.pod('job')).toMatchObject({
      status: { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'PodInitializing' } } }] },
    });
    await sim.clock.advance(2000);
    const { status } = await sim.node.pod('job');
    expect(order).toEqual(['init', 'side', 'main']);
    expect(status).toMatchObject({
      phase: 'Succeeded',
      initContainerStatuses: [{ ready: true, state: { terminated: { reason: 'Completed' } } }, {}],
      containerStatuses: [{ state: { terminated: { exitCode: 0 } } }],
    });
    expect(status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'False', reason: 'PodCompleted' });
    expect(sim.runtime.running()).toBe(0);
    await sim.node.client.delete(PODS, { namespace: 'default', name: 'job' });
    await sim.clock.advance(1);
    expect(await sim.node.exists('job')).toBe(false);
  });

  it('reports an image that nobody has, backs off, and finds it later', async () => {
    let there = false;
    await using sim = await simulate({ hasImage: () => there });
    await sim.node.run('web-0', spec());
    await sim.clock.advance(1);
    const waiting = async (): Promise<unknown> => (await sim.node.pod('web-0')).status?.containerStatuses?.[0]?.state?.waiting;
    expect(await waiting()).toMatchObject({ reason: 'ErrImagePull' });
    await sim.clock.advance(2000);
    expect(await waiting()).toMatchObject({ reason: 'ImagePullBackOff', message: expect.stringMatching(/^Back-off pulling image "db:1"/) });
    there = true;
    await sim.clock.advance(8000);
    expect((await sim.node.pod('web-0')).status?.phase).toBe('Running');
    expect(await sim.node.events('web-0')).toEqual(
      expect.arrayContaining([
        'Pulling: Pulling image "db:1"',
        'Failed: Error: ErrImagePull',
        'BackOff: Back-off pulling image "db:1"',
        'Failed: Error: ImagePullBackOff',
      ]),
    );
  });

  it('refuses pods that do not fit', async () => {
    await using sim = await simulate();
    await sim.node.run('big', spec({ resources: { requests: { cpu: '3' } } }));
    await sim.clock.advance(1);
    await sim.node.run('more', spec({ resources: { requests: { cpu: '1500m' } } }));
    await sim.node.run('elsewhere', spec({}, { nodeSelector: { zone: 'b' } }));
    await sim.clock.advance(1);
    expect((await sim.node.pod('more')).status).toMatchObject({
      phase: 'Failed',
      reason: 'OutOfcpu',
      message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 1500, used: 3000, capacity: 4000",
    });
    expect((await sim.node.pod('elsewhere')).status).toMatchObject({ phase: 'Failed', reason: 'NodeAffinity' });
    expect(await sim.node.events('more')).toEqual([
      "OutOfcpu: Node didn't have enough resource: cpu, requested: 1500, used: 3000, capacity: 4000",
    ]);
  });

  it("waits for a missing ConfigMap with the kubelet's words", async () => {
    await using sim = await simulate();
    await sim.node.run('web-0', spec({ envFrom: [{ configMapRef: { name: 'x' } }] }));
    await sim.node.run('web-1', spec({}, { volumes: [{ name: 'v', configMap: { name: 'y' } }] }));
    await sim.clock.advance(1);
    expect((await sim.node.pod('web-0')).status?.containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'configmap "x" not found',
    });
    expect(await sim.node.events('web-1')).toEqual(['FailedMount: MountVolume.SetUp failed for volume "v" : configmap "y" not found']);
  });

  it('takes over the pods of an agent that is gone: their containers are lost and started again', async () => {
    await using sim = await simulate();
    await sim.node.run('web-0', spec());
    await sim.node.run('once', spec({}, { restartPolicy: 'Never' }));
    await sim.clock.advance(1);
    await sim.node.stop();
    await sim.clock.advance(60_000);
    await using next = await simulate({}, sim.clock, sim.node.client);
    await sim.clock.advance(1);
    expect((await next.node.pod('web-0')).status).toMatchObject({
      phase: 'Running',
      startTime: '2026-01-01T00:00:00Z',
      containerStatuses: [{ restartCount: 1, ready: true, lastState: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } } }],
    });
    expect((await next.node.pod('once')).status).toMatchObject({ phase: 'Failed', containerStatuses: [{ restartCount: 0 }] });
  });

  it('ends a pod that takes longer than its deadline', async () => {
    await using sim = await simulate();
    await sim.node.run('job', spec({}, { restartPolicy: 'Never', activeDeadlineSeconds: 30 }));
    await sim.clock.advance(29_000);
    expect((await sim.node.pod('job')).status?.phase).toBe('Running');
    await sim.clock.advance(1100);
    expect((await sim.node.pod('job')).status).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
  });

  it('writes nothing while nothing changes', async () => {
    await using sim = await simulate();
    await sim.node.run('web-0', spec({ readinessProbe: { tcpSocket: { port: 1 }, periodSeconds: 1 } }));
    await sim.clock.advance(5000);
    const writes: string[] = [];
    const updateStatus = sim.node.client.updateStatus.bind(sim.node.client);
    Object.assign(sim.node.client, {
      updateStatus: (...call: Parameters<Client['updateStatus']>) => {
        if (call[0].resource === 'pods') writes.push(call[1].metadata.name ?? '');
        return updateStatus(...call);
      },
    });
    const pod = await sim.node.pod('web-0');
    await sim.clock.advance(60_000);
    // A change that is none of the agent's makes it look, and find nothing to write.
    const labelled = await sim.node.client.update(PODS, { ...pod, metadata: { ...pod.metadata, labels: { a: 'b' } } });
    await sim.clock.advance(60_000);
    expect(writes).toEqual([]);
    expect((await sim.node.pod('web-0')).metadata.resourceVersion).toBe(labelled.metadata.resourceVersion);
  });
});
