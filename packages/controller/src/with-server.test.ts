// What needs a server: events, leader election, the manager's order. The real one, in process.
import { createTestServer } from '@holdfast/apiserver/testing';
import { type Client, createClient, inProcessTransport } from '@holdfast/client';
import { FakeClock, seededRandom, settle } from '@holdfast/clock';
import { CONFIGMAPS, EVENTS, LEASES, type ObjectReference } from '@holdfast/schema';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Component, ComponentFactory } from './component.ts';
import { createController } from './controller.ts';
import { createEventRecorder } from './events/recorder.ts';
import { LeadershipLostError, leadWhileHolding } from './leader-election.ts';
import { silentLogger } from './logger.ts';
import { createManager } from './manager.ts';
import { TerminalError } from './reconcile.ts';
import { enqueueSelf, watch } from './watch.ts';

let clock: FakeClock;
let client: Client;
let close: () => Promise<void>;
const random = seededRandom(3);

beforeEach(() => {
  clock = new FakeClock();
  const server = createTestServer({
    clock,
    onBug: (error) => {
      throw error;
    },
  });
  client = createClient(inProcessTransport(server.handle, { username: 'admin', groups: ['system:masters'] }), { forceFreeze: true });
  close = () => server.close();
});
afterEach(() => close());

describe('createEventRecorder', () => {
  const pod: ObjectReference = { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'web-0', uid: 'u', resourceVersion: '7' };

  test('core events: one object, counted', async () => {
    const recorder = createEventRecorder({ client, clock, random, component: 'kubelet', host: 'node-1' });
    recorder.event(pod, 'Warning', 'BackOff', 'Back-off restarting', { fieldPath: 'spec.containers{db}' });
    await recorder.flush();
    await clock.advance(10_000);
    recorder.event(pod, 'Warning', 'BackOff', 'Back-off restarting', { fieldPath: 'spec.containers{db}' });
    await recorder.flush();
    const { items } = await client.list(EVENTS, { namespace: 'default' });
    expect(items).toMatchObject([
      {
        metadata: { name: expect.stringMatching(/^web-0\.[0-9a-f]{16}$/) },
        involvedObject: { ...pod, fieldPath: 'spec.containers{db}' },
        type: 'Warning',
        reason: 'BackOff',
        message: 'Back-off restarting',
        count: 2,
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:10Z',
        source: { component: 'kubelet', host: 'node-1' },
      },
    ]);
  });

  test('events.k8s.io: a series; seen as a core event too', async () => {
    const recorder = createEventRecorder({ client, clock, random, component: 'default-scheduler', api: 'events' });
    for (let time = 0; time < 2; time++)
      recorder.event(pod, 'Warning', 'FailedScheduling', '0/1 nodes are available', { action: 'Scheduling' });
    await recorder.flush();
    const { items } = await client.list(EVENTS, { namespace: 'default' });
    expect(items).toMatchObject([
      {
        involvedObject: pod,
        reason: 'FailedScheduling',
        message: '0/1 nodes are available',
        action: 'Scheduling',
        reportingComponent: 'default-scheduler',
        eventTime: '2026-01-01T00:00:00.000000Z',
        series: { count: 2, lastObservedTime: '2026-01-01T00:00:00.000000Z' },
      },
    ]);
  });

  test('an event that has expired is written anew, and a refusal does not reach the caller', async () => {
    const recorder = createEventRecorder({ client, clock, random, component: 'c' });
    recorder.event(pod, 'Normal', 'A', 'a');
    await recorder.flush();
    const [first] = (await client.list(EVENTS, { namespace: 'default' })).items;
    await client.delete(EVENTS, { namespace: 'default', name: first?.metadata.name ?? '' });
    await clock.advance(1);
    recorder.event(pod, 'Normal', 'A', 'a');
    recorder.event({ ...pod, namespace: 'nowhere' }, 'Normal', 'B', 'b');
    await recorder.flush();
    expect((await client.list(EVENTS)).items).toMatchObject([{ reason: 'A', count: 2 }]);
  });
});

describe('leadWhileHolding', () => {
  const options = (identity: string) => ({ client, clock, random, log: silentLogger, namespace: 'default', name: 'lock', identity });
  const untilAborted = (signal: AbortSignal): Promise<void> => new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

  test('one leads; when it stops the next takes over', async () => {
    const leaders: string[] = [];
    const start = (identity: string): { readonly stop: AbortController; readonly done: Promise<void> } => {
      const stop = new AbortController();
      const done = leadWhileHolding(options(identity), stop.signal, (signal) => {
        leaders.push(identity);
        return untilAborted(signal);
      });
      return { stop, done };
    };
    const a = start('a');
    await settle();
    const b = start('b');
    await clock.advance(60_000);
    expect(leaders).toEqual(['a']);
    a.stop.abort();
    await clock.advance(0);
    await a.done;
    await clock.advance(5000);
    expect(leaders).toEqual(['a', 'b']);
    expect((await client.get(LEASES, { namespace: 'default', name: 'lock' })).spec).toMatchObject({
      holderIdentity: 'b',
      leaseTransitions: 1,
    });
    b.stop.abort();
    await clock.advance(0);
    await b.done;
  });

  test('gives up when the lease cannot be renewed', async () => {
    const stop = new AbortController();
    let aborted = false;
    const done = leadWhileHolding(options('a'), stop.signal, async (signal) => {
      await untilAborted(signal);
      aborted = true;
    });
    const outcome = done.catch((error: unknown) => error);
    await clock.advance(3000);
    const lease = await client.get(LEASES, { namespace: 'default', name: 'lock' });
    await client.update(LEASES, { ...lease, spec: { ...lease.spec, holderIdentity: 'thief', leaseDurationSeconds: 3600 } });
    await clock.advance(15_000);
    expect(await outcome).toBeInstanceOf(LeadershipLostError);
    expect(aborted).toBe(true);
  });
});

describe('createManager', () => {
  function noting(name: string, order: string[]): ComponentFactory {
    return ({ informers }) => {
      const configMaps = informers.informer(CONFIGMAPS);
      const component: Component = {
        name,
        start: async () => void order.push(`start ${name}, synced ${configMaps.hasSynced()}`),
        stopped: async () => void order.push(`stop ${name}`),
      };
      return component;
    };
  }

  test('caches first, then components in order; stops in reverse', async () => {
    const order: string[] = [];
    const stop = new AbortController();
    const manager = createManager({ client, clock, random, log: silentLogger, components: [noting('a', order), noting('b', order)] });
    await manager.start(stop.signal);
    stop.abort();
    await manager.stopped();
    expect(order).toEqual(['start a, synced true', 'start b, synced true', 'stop b', 'stop a']);
  });

  test('a component that cannot start stops the others', async () => {
    const order: string[] = [];
    const failing: ComponentFactory = () => ({
      name: 'bad',
      start: () => Promise.reject(new Error('no port')),
      stopped: async () => undefined,
    });
    const manager = createManager({ client, clock, random, log: silentLogger, components: [noting('a', order), failing] });
    await expect(manager.start(new AbortController().signal)).rejects.toThrow('no port');
    await manager.stopped();
    expect(order).toEqual(['start a, synced true', 'stop a']);
  });

  test('a controller retries what fails, not what cannot succeed, and looks again when asked to', async () => {
    const passes: string[] = [];
    const stop = new AbortController();
    const component: ComponentFactory = (context) =>
      createController({
        name: 'test',
        context,
        watches: [watch(context.informers.informer(CONFIGMAPS), enqueueSelf, ({ object }) => object.metadata.namespace === 'default')],
        reconciler: {
          async reconcile({ name }) {
            passes.push(`${name}@${clock.now() - Date.UTC(2026, 0, 1)}`);
            const count = passes.filter((pass) => pass.startsWith(`${name}@`)).length;
            if (name === 'failing' && count < 4) throw new Error('not yet');
            if (name === 'hopeless') throw new TerminalError('never');
            if (name === 'again' && count < 3) return { requeueAfterMs: 1000 };
          },
        },
      });
    const manager = createManager({ client, clock, random, log: silentLogger, components: [component] });
    await manager.start(stop.signal);
    for (const name of ['failing', 'hopeless', 'again']) await client.create(CONFIGMAPS, { metadata: { namespace: 'default', name } });
    await clock.advance(10_000);
    const of = (name: string): readonly string[] => passes.filter((pass) => pass.startsWith(`${name}@`));
    expect(of('failing')).toEqual(['failing@0', 'failing@5', 'failing@15', 'failing@35']);
    expect(of('hopeless')).toEqual(['hopeless@0']);
    expect(of('again')).toEqual(['again@0', 'again@1000', 'again@2000']);
    stop.abort();
    await manager.stopped();
  });
});
