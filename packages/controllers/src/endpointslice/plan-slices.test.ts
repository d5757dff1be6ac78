import type { EndpointSlice, Node } from '@holdfast/schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { podOf, serviceOf } from '../service-pods/testing.ts';
import { desiredGroups } from './desired.ts';
import { planSlices, type SlicePlan } from './plan-slices.ts';

const nodeOf = (name: string): Node => ({ metadata: { name, labels: { 'topology.kubernetes.io/zone': 'zone-a' } } });

function apply(existing: readonly EndpointSlice[], plan: SlicePlan, nextName: () => string): readonly EndpointSlice[] {
  const gone = new Set(plan.delete.map(({ metadata }) => metadata.name));
  const updated = new Map(plan.update.map((slice) => [slice.metadata.name, slice]));
  const kept = existing.filter(({ metadata }) => !gone.has(metadata.name)).map((slice) => updated.get(slice.metadata.name) ?? slice);
  return [...kept, ...plan.create.map((slice) => ({ ...slice, metadata: { ...slice.metadata, name: nextName() } }))];
}

describe('desiredGroups', () => {
  test('conditions of ready, not ready and terminating endpoints', () => {
    const pods = [podOf(0), podOf(1, { ready: false }), podOf(2, { terminating: true })];
    const conditions = (publishNotReadyAddresses: boolean): unknown =>
      desiredGroups(serviceOf({ publishNotReadyAddresses }), pods, nodeOf).groups[0]?.endpoints.map((endpoint) => endpoint.conditions);
    expect(conditions(false)).toEqual([
      { ready: true, serving: true, terminating: false },
      { ready: false, serving: false, terminating: false },
      { ready: false, serving: true, terminating: true },
    ]);
    expect(conditions(true)).toEqual([
      { ready: true, serving: true, terminating: false },
      { ready: true, serving: false, terminating: false },
      { ready: true, serving: true, terminating: true },
    ]);
  });

  test('a pod whose node is unknown waits, unless unready addresses are published', () => {
    expect(desiredGroups(serviceOf(), [podOf(0)], () => undefined)).toEqual({ groups: [], missingNodes: true });
    expect(desiredGroups(serviceOf({ publishNotReadyAddresses: true }), [podOf(0)], () => undefined)).toMatchObject({
      missingNodes: false,
    });
  });
});

describe('planSlices', () => {
  test('the slice of a headless Service', () => {
    const service = serviceOf({ clusterIP: 'None' });
    const pods = [podOf(0, { hostname: 'web-0', subdomain: 'web' })];
    expect(planSlices(service, desiredGroups(service, pods, nodeOf).groups, [])).toEqual({
      update: [],
      delete: [],
      create: [
        {
          metadata: {
            generateName: 'web-',
            namespace: 'default',
            labels: {
              app: 'web',
              'service.kubernetes.io/headless': '',
              'kubernetes.io/service-name': 'web',
              'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
            },
            ownerReferences: [
              { apiVersion: 'v1', kind: 'Service', name: 'web', uid: 'service-uid', controller: true, blockOwnerDeletion: true },
            ],
          },
          addressType: 'IPv4',
          ports: [{ name: 'sql', port: 26257, protocol: 'TCP' }],
          endpoints: [
            {
              addresses: ['127.1.0.1'],
              conditions: { ready: true, serving: true, terminating: false },
              hostname: 'web-0',
              targetRef: { kind: 'Pod', namespace: 'default', name: 'web-0', uid: 'uid-0' },
              nodeName: 'node-0',
              zone: 'zone-a',
            },
          ],
        },
      ],
    });
  });

  test('a Service without pods keeps one empty slice', () => {
    const plan = planSlices(serviceOf(), [], []);
    expect(plan.create.map(({ endpoints, ports }) => [endpoints, ports])).toEqual([[[], []]]);
    const kept = plan.create.map((slice) => ({ ...slice, metadata: { ...slice.metadata, name: 'web-a' } }));
    expect(planSlices(serviceOf(), [], kept)).toEqual({ create: [], update: [], delete: [] });
  });

  test('after any history of pods the slices hold exactly what is wanted, none over a hundred, and nothing is left to do', () => {
    const state = fc.record({ count: fc.nat(260), ready: fc.nat(260), gone: fc.array(fc.nat(260), { maxLength: 40 }) });
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 5 }), (history) => {
        let names = 0;
        let slices: readonly EndpointSlice[] = [];
        for (const { count, ready, gone } of history) {
          const pods = Array.from({ length: count }, (_, at) => podOf(at, { ready: at < ready, ip: `127.3.${at >> 8}.${at & 255}` }));
          const { groups } = desiredGroups(
            serviceOf(),
            pods.filter((_, at) => !gone.includes(at)),
            nodeOf,
          );
          slices = apply(slices, planSlices(serviceOf(), groups, slices), () => `web-${names++}`);
          const byAddress = (a: { readonly addresses: readonly string[] }, b: { readonly addresses: readonly string[] }): number =>
            (a.addresses[0] ?? '') < (b.addresses[0] ?? '') ? -1 : 1;
          expect(slices.flatMap(({ endpoints }) => endpoints ?? []).toSorted(byAddress)).toEqual(
            groups.flatMap(({ endpoints }) => endpoints).toSorted(byAddress),
          );
          expect(Math.max(...slices.map(({ endpoints }) => endpoints?.length ?? 0))).toBeLessThanOrEqual(100);
          expect(slices.length).toBeGreaterThan(0);
          expect(planSlices(serviceOf(), groups, slices)).toEqual({ create: [], update: [], delete: [] });
        }
      }),
      { numRuns: 30 },
    );
  });
});
