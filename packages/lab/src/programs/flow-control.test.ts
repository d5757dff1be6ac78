import { createClient, type Transport, underLimit } from '@holdfast/client';
import { FakeClock } from '@holdfast/clock';
import { EVENTS, LEASES, NODES, PODS } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { underKubeletLimits } from './flow-control.ts';

const LIMIT = { qps: 1, burst: 2 };

/** A server that answers everything, and what it was asked for. */
function listening(): { readonly transport: Transport; readonly asked: string[] } {
  const asked: string[] = [];
  const transport: Transport = {
    request: ({ path }) => {
      asked.push(path.split('/').at(-1) ?? '');
      return Promise.resolve({ status: 200, object: { kind: 'Any', apiVersion: 'v1', metadata: {} } });
    },
    async *watch() {
      yield* [];
    },
    stream: () => Promise.reject(new Error('not asked for')),
    exec: () => Promise.reject(new Error('not asked for')),
  };
  return { transport, asked };
}

describe('the limits of a program', () => {
  it('hold each client for itself', async () => {
    const clock = new FakeClock();
    const { transport, asked } = listening();
    const [one, two] = [underLimit(transport, LIMIT, clock), underLimit(transport, LIMIT, clock)].map((limited) => createClient(limited));
    for (let i = 0; i < 4; i++) void one?.get(PODS, { namespace: 'default', name: `one-${i}` });
    void two?.get(PODS, { namespace: 'default', name: 'two-0' });
    await clock.advance(0);
    expect(asked).toEqual(['one-0', 'one-1', 'two-0']);
    await clock.advance(2000);
    expect(asked).toEqual(['one-0', 'one-1', 'two-0', 'one-2', 'one-3']);
  });

  it('are none where none is asked for', () => {
    const { transport } = listening();
    expect(underLimit(transport, undefined, new FakeClock())).toBe(transport);
    expect(underKubeletLimits(transport, undefined, new FakeClock())).toBe(transport);
  });
});

describe("a kubelet's limits", () => {
  it('never hold its heartbeat, and hold pods and events apart', async () => {
    const clock = new FakeClock();
    const { transport, asked } = listening();
    const client = createClient(underKubeletLimits(transport, LIMIT, clock));
    for (let i = 0; i < 5; i++) void client.updateStatus(PODS, { metadata: { namespace: 'default', name: `db-${i}` } });
    for (let i = 0; i < 3; i++) void client.create(EVENTS, { metadata: { namespace: 'default', name: `e-${i}` }, involvedObject: {} });
    void client.update(LEASES, { metadata: { namespace: 'kube-node-lease', name: 'n1' } });
    void client.updateStatus(NODES, { metadata: { name: 'n1' } });
    await clock.advance(0);
    expect(asked.toSorted()).toEqual(['events', 'events', 'n1', 'status', 'status', 'status']);
    await clock.advance(3000);
    expect(asked).toHaveLength(10);
  });
});
