// The eviction subresource, branch by branch (upstream's pkg/registry/core/pod/storage/eviction.go).
import type { Pod, PodDisruptionBudget, PodDisruptionBudgetSpec, PodDisruptionBudgetStatus, StatusObject } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { type Embedded, embedded } from '../core/embedded.fixture.ts';

const PODS = '/api/v1/namespaces/default/pods';
const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
const labels = { app: 'web' };

interface World {
  readonly phase?: string;
  readonly ready?: boolean;
  readonly budgets?: readonly {
    readonly spec?: Partial<PodDisruptionBudgetSpec>;
    readonly status?: Partial<PodDisruptionBudgetStatus>;
  }[];
}

async function make({ phase = 'Running', ready = true, budgets = [] }: World): Promise<Embedded> {
  const server = embedded();
  const pod = await server.read<Pod>('POST', PODS, {
    metadata: { name: 'p', labels },
    spec: { nodeName: 'n1', automountServiceAccountToken: false, containers: [{ name: 'c', image: 'db:1' }] },
  });
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  await server.read('PUT', `${PODS}/p/status`, { ...pod, status: { ...pod.status, phase, conditions } });
  for (const [index, { spec, status }] of budgets.entries()) {
    const name = `b${index}`;
    const budget = await server.read<PodDisruptionBudget>('POST', BUDGETS, {
      metadata: { name },
      spec: { minAvailable: 2, selector: { matchLabels: labels }, ...spec },
    });
    const counted = { currentHealthy: 2, desiredHealthy: 2, disruptionsAllowed: 0, expectedPods: 2, observedGeneration: 1, ...status };
    await server.read('PUT', `${BUDGETS}/${name}/status`, { ...budget, status: counted });
  }
  return server;
}

const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p', namespace: 'default' } };

/** 'gone' when the eviction was granted, else code, message and causes. */
async function evict(server: Embedded, body: object = eviction, query = ''): Promise<string> {
  const answer = await server.ask('POST', `${PODS}/p/eviction${query}`, body);
  if (answer.kind !== 'object') throw new Error('no answer');
  if (answer.status === 201) return 'gone';
  const { message, details } = answer.object as StatusObject;
  const causes = (details?.causes ?? []).map((cause) => ` | ${cause.reason}: ${cause.message}`).join('');
  return `${answer.status} ${message}${causes}${details?.retryAfterSeconds ? ` | retry after ${details.retryAfterSeconds}` : ''}`;
}

const VIOLATES = "429 Cannot evict pod as it would violate the pod's disruption budget.";

describe('an eviction', () => {
  it.each<readonly [string, World, string]>([
    ['without a budget is a deletion', {}, 'gone'],
    ['of a pod that has not started asks nobody', { phase: 'Pending', budgets: [{}] }, 'gone'],
    ['of a pod that has ended asks nobody', { phase: 'Succeeded', budgets: [{}] }, 'gone'],
    ['takes one of what is allowed', { budgets: [{ status: { disruptionsAllowed: 1 } }] }, 'gone'],
    [
      'is refused without a time to try again when nothing is allowed',
      { budgets: [{}] },
      `${VIOLATES} | DisruptionBudget: The disruption budget b0 needs 2 healthy pods and has 2 currently`,
    ],
    [
      'is to be tried again when the budget has not been looked at',
      { budgets: [{ status: { observedGeneration: 0, disruptionsAllowed: 5 } }] },
      `${VIOLATES} | DisruptionBudget: The disruption budget b0 is still being processed by the server. | retry after 10`,
    ],
    [
      'of a pod with two budgets is not supported',
      { budgets: [{ status: { disruptionsAllowed: 1 } }, { status: { disruptionsAllowed: 1 } }] },
      '500 This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    ],
    ['of an unready pod costs nothing while enough others are well', { ready: false, budgets: [{}] }, 'gone'],
    [
      'of an unready pod is refused when not enough others are',
      { ready: false, budgets: [{ status: { currentHealthy: 1 } }] },
      `${VIOLATES} | DisruptionBudget: The disruption budget b0 needs 2 healthy pods and has 1 currently`,
    ],
    [
      'of an unready pod is always granted where the budget says so',
      { ready: false, budgets: [{ spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' }, status: { currentHealthy: 0 } }] },
      'gone',
    ],
  ])('%s', async (_name, world, expected) => {
    expect(await evict(await make(world))).toBe(expected);
  });

  it('is noted in the budget and on the pod', async () => {
    const server = await make({ budgets: [{ status: { disruptionsAllowed: 2 } }] });
    await evict(server);
    const budget = await server.read<PodDisruptionBudget>('GET', `${BUDGETS}/b0`);
    expect(budget.status).toMatchObject({ disruptionsAllowed: 1, disruptedPods: { p: '2026-01-01T00:00:00Z' } });
    const pod = await server.read<Pod>('GET', `${PODS}/p`);
    expect(pod.metadata.deletionTimestamp).toBeDefined();
    expect(pod.status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'EvictionByEvictionAPI',
        message: 'Eviction API: evicting',
      }),
    );
  });

  it('for trial changes nothing', async () => {
    const server = await make({ budgets: [{ status: { disruptionsAllowed: 1 } }] });
    expect(await evict(server, eviction, '?dryRun=All')).toBe('gone');
    expect((await server.read<PodDisruptionBudget>('GET', `${BUDGETS}/b0`)).status?.disruptionsAllowed).toBe(1);
    expect((await server.read<Pod>('GET', `${PODS}/p`)).metadata.deletionTimestamp).toBeUndefined();
  });

  it('must name its pod', async () => {
    expect(await evict(await make({}), { ...eviction, metadata: { name: 'other' } })).toBe(
      '400 name in URL does not match name in Eviction object',
    );
  });
});
