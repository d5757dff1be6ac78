import { createClient, type Transport, type TransportRequest } from '@holdfast/client';
import { FakeClock, seededRandom, settle } from '@holdfast/clock';
import { type Pod, PODS, type WatchFrame } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import type { InformerEvent } from './informer.ts';
import { createInformerFactory } from './informer-factory.ts';
import { silentLogger } from './logger.ts';

const pod = (name: string, resourceVersion: string, uid = `uid-${name}`, labels: Record<string, string> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', uid, resourceVersion, labels },
});

/** A server that answers as the test says: lists by a function, watches by pushing frames into the latest one. */
class ScriptedServer {
  items: readonly Pod[] = [];
  revision = '10';
  readonly requests: string[] = [];
  failures: Error[] = [];
  #watch: { push(frame: WatchFrame): void; end(): void } | undefined;

  readonly transport: Transport = {
    request: (request) => {
      this.#note(request);
      const failure = this.failures.shift();
      if (failure) return Promise.reject(failure);
      return Promise.resolve({ status: 200, object: { kind: 'PodList', metadata: { resourceVersion: this.revision }, items: this.items } });
    },
    watch: (request) => {
      this.#note(request);
      return this.#frames(request.signal);
    },
    stream: () => Promise.reject(new Error('not here')),
    exec: () => Promise.reject(new Error('not here')),
  };

  get watching(): boolean {
    return this.#watch !== undefined;
  }

  async send(type: WatchFrame['type'], object: object): Promise<void> {
    this.#watch?.push({ type, object: object as WatchFrame['object'] });
    await settle();
  }

  async endWatch(): Promise<void> {
    this.#watch?.end();
    await settle();
  }

  #note({ path, query }: TransportRequest): void {
    const watch = query?.get('watch') ? ` watch from ${query.get('resourceVersion')}` : '';
    this.requests.push(`${path}${watch}`);
  }

  async *#frames(signal?: AbortSignal): AsyncGenerator<WatchFrame> {
    const queue: WatchFrame[] = [];
    let ended = false;
    let wake: () => void = () => undefined;
    const watch = {
      push: (frame: WatchFrame) => {
        queue.push(frame);
        wake();
      },
      end: () => {
        ended = true;
        wake();
      },
    };
    this.#watch = watch;
    signal?.addEventListener('abort', watch.end);
    try {
      while (!ended || queue.length > 0) {
        const frame = queue.shift();
        if (frame) yield frame;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      signal?.throwIfAborted();
    } finally {
      if (this.#watch === watch) this.#watch = undefined;
    }
  }
}

async function start(server: ScriptedServer) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const factory = createInformerFactory(createClient(server.transport, { forceFreeze: true }), clock, {
    log: silentLogger,
    random: seededRandom(1),
  });
  const informer = factory.informer(PODS);
  const events: string[] = [];
  informer.addHandler((event: InformerEvent<Pod>) => {
    const extra =
      event.type === 'added'
        ? event.isInInitialList
          ? ' initially'
          : ''
        : event.type === 'deleted' && event.finalStateUnknown
          ? ' unseen'
          : '';
    events.push(`${event.type} ${event.object.metadata.name}@${event.object.metadata.resourceVersion}${extra}`);
  });
  factory.start(stop.signal);
  await settle();
  const close = async (): Promise<void> => {
    stop.abort();
    await factory.stopped();
  };
  return { clock, informer, factory, events, [Symbol.asyncDispose]: close };
}

describe('informer', () => {
  test('lists, then follows; bookmarks move the place to watch from', async () => {
    const server = new ScriptedServer();
    server.items = [pod('a', '3')];
    await using run = await start(server);
    expect(run.informer.hasSynced()).toBe(true);
    await server.send('ADDED', pod('b', '11'));
    await server.send('MODIFIED', pod('a', '12'));
    await server.send('DELETED', pod('b', '13'));
    await server.send('BOOKMARK', { metadata: { resourceVersion: '20' } });
    expect(run.events).toEqual(['added a@3 initially', 'added b@11', 'updated a@12', 'deleted b@13']);
    expect(run.informer.resourceVersion()).toBe('20');
    await server.endWatch();
    expect(server.requests).toEqual(['/api/v1/pods', '/api/v1/pods watch from 10', '/api/v1/pods watch from 20']);
    expect(run.informer.list('default').map(({ metadata }) => metadata.name)).toEqual(['a']);
    expect(Object.isFrozen(run.informer.get({ namespace: 'default', name: 'a' })?.metadata)).toBe(true);
  });

  test('lists again when history is lost, and tells what was missed', async () => {
    const server = new ScriptedServer();
    server.items = [pod('a', '3'), pod('b', '4'), pod('c', '5')];
    await using run = await start(server);
    server.items = [pod('a', '3'), pod('b', '30', 'another'), pod('d', '31')];
    server.revision = '40';
    await server.send('ERROR', { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Expired', code: 410, metadata: {} });
    expect(run.events.slice(3)).toEqual(['deleted b@4 unseen', 'added b@30', 'added d@31', 'deleted c@5 unseen']);
    expect(server.requests.slice(-2)).toEqual(['/api/v1/pods', '/api/v1/pods watch from 40']);
  });

  test('backs off with jitter while the server cannot be reached', async () => {
    const server = new ScriptedServer();
    server.failures = [new Error('refused'), new Error('refused'), new Error('refused')];
    await using run = await start(server);
    const times: number[] = [];
    while (!run.informer.hasSynced()) {
      const due = run.clock.nextDue() ?? 0;
      times.push(due - run.clock.now());
      await run.clock.advance(due - run.clock.now());
    }
    expect(times).toHaveLength(3);
    for (const [attempt, wait] of times.entries()) {
      expect(wait).toBeGreaterThanOrEqual(800 * 2 ** attempt);
      expect(wait).toBeLessThan(1600 * 2 ** attempt);
    }
  });

  test('a watch that ends at once is not asked for in a loop', async () => {
    const server = new ScriptedServer();
    await using run = await start(server);
    await server.endWatch();
    expect(server.watching).toBe(false);
    await run.clock.advance(1600);
    expect(server.watching).toBe(true);
  });

  test('a watch that goes silent for good is opened anew', async () => {
    const server = new ScriptedServer();
    await using run = await start(server);
    await run.clock.advance(640_000);
    expect(server.requests.filter((request) => request.includes('watch')).length).toBeGreaterThanOrEqual(2);
    expect(server.watching).toBe(true);
  });

  test('that all who asked for it gave back stops, and the next who asks gets a new one', async () => {
    const server = new ScriptedServer();
    server.items = [pod('a', '5')];
    await using run = await start(server);
    const { clock, factory, informer: first } = run;
    expect([factory.informer(PODS) === first, server.watching]).toEqual([true, true]);
    factory.release(PODS);
    await clock.advance(0);
    expect(server.watching).toBe(true);
    factory.release(PODS);
    await clock.advance(0);
    expect(server.watching).toBe(false);
    const asked = server.requests.length;
    await clock.advance(3_600_000);
    expect(server.requests).toHaveLength(asked);
    const next = factory.informer(PODS);
    await clock.advance(0);
    expect([next === first, next.list().map(({ metadata }) => metadata.name)]).toEqual([false, ['a']]);
  });

  test('a handler added later sees what is there; one that throws does not harm the others', async () => {
    const server = new ScriptedServer();
    server.items = [pod('a', '3')];
    await using run = await start(server);
    const seen: string[] = [];
    run.informer.addHandler(() => {
      throw new Error('a bug');
    });
    const remove = run.informer.addHandler(({ type }) => seen.push(type));
    await server.send('MODIFIED', pod('a', '12'));
    remove();
    await server.send('MODIFIED', pod('a', '13'));
    expect(seen).toEqual(['added', 'updated']);
  });

  test('a handler of one value of an index hears of what has it, before or after', async () => {
    const server = new ScriptedServer();
    server.items = [pod('a', '3', 'uid-a', { node: 'n1' }), pod('b', '4', 'uid-b', { node: 'n2' })];
    await using run = await start(server);
    run.informer.addIndex('node', ({ metadata }) => (metadata.labels?.['node'] ? [metadata.labels['node']] : []));
    const heard: string[] = [];
    const remove = run.informer.addHandler(({ type, object }) => heard.push(`${type} ${object.metadata.name}`), {
      index: 'node',
      value: 'n1',
    });
    await server.send('ADDED', pod('c', '11'));
    await server.send('MODIFIED', pod('c', '12', 'uid-c', { node: 'n1' }));
    await server.send('MODIFIED', pod('b', '13', 'uid-b', { node: 'n2' }));
    await server.send('MODIFIED', pod('a', '14', 'uid-a', { node: 'n3' }));
    await server.send('DELETED', pod('c', '15', 'uid-c', { node: 'n1' }));
    remove();
    await server.send('ADDED', pod('d', '16', 'uid-d', { node: 'n1' }));
    expect(heard).toEqual(['added a', 'updated c', 'updated a', 'deleted c']);
  });

  test('indexes follow the objects', async () => {
    const server = new ScriptedServer();
    server.items = [pod('a', '3', 'u1', { app: 'x' }), pod('b', '4', 'u2', { app: 'x' })];
    await using run = await start(server);
    run.informer.addIndex('app', ({ metadata }) => (metadata.labels?.app ? [metadata.labels.app] : []));
    const names = (app: string): unknown => run.informer.byIndex('app', app).map(({ metadata }) => metadata.name);
    expect(names('x')).toEqual(['a', 'b']);
    const kept = run.informer.byIndex('app', 'x');
    expect(run.informer.byIndex('app', 'x')).toBe(kept);
    await server.send('MODIFIED', pod('a', '12', 'u1', { app: 'y' }));
    expect([names('x'), names('y')]).toEqual([['b'], ['a']]);
    await server.send('DELETED', pod('b', '13', 'u2', { app: 'x' }));
    expect(names('x')).toEqual([]);
  });
});
