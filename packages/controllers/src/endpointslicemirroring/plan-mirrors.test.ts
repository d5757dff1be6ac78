import type { Endpoints, EndpointSlice } from '@holdfast/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMirrored, planMirrors } from './plan-mirrors.ts';
import { repackSubsets } from './repack-subsets.ts';

const SQL = { name: 'sql', port: 5432, protocol: 'TCP' } as const;
const WEB = { name: 'web', port: 80, protocol: 'TCP' } as const;

function source(subsets: Endpoints['subsets'], metadata: Partial<Endpoints['metadata']> = {}): Endpoints {
  return { metadata: { name: 'db', namespace: 'default', uid: 'e', ...metadata }, subsets };
}

/** What a plan leaves behind. */
function apply(existing: readonly EndpointSlice[], plan: ReturnType<typeof planMirrors>): readonly EndpointSlice[] {
  const gone = new Set(plan.delete.map(({ metadata }) => metadata.name));
  const changed = new Map(plan.update.map((slice) => [slice.metadata.name, slice]));
  const kept = existing.filter(({ metadata }) => !gone.has(metadata.name)).map((slice) => changed.get(slice.metadata.name) ?? slice);
  const names = new Set(kept.map(({ metadata }) => metadata.name));
  const fresh = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((letter) => `db-${letter}`).filter((name) => !names.has(name));
  return [...kept, ...plan.create.map((slice, at) => ({ ...slice, metadata: { ...slice.metadata, name: fresh[at] ?? 'x' } }))];
}

const nothing = { create: [], update: [], delete: [] };

describe('repackSubsets', () => {
  it('puts ports with the same addresses together, and addresses with the same ports', () => {
    const subsets = [
      { addresses: [{ ip: '10.0.0.1' }], ports: [SQL] },
      { addresses: [{ ip: '10.0.0.2' }], ports: [SQL] },
      { addresses: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }], ports: [WEB] },
    ];
    expect(repackSubsets(subsets)).toEqual([
      {
        ports: [SQL, WEB],
        addresses: [
          { address: { ip: '10.0.0.1' }, ready: true },
          { address: { ip: '10.0.0.2' }, ready: true },
        ],
      },
    ]);
  });

  it('believes whoever says that an address is not ready, whichever comes first', () => {
    const ready = { addresses: [{ ip: '10.0.0.1' }], ports: [SQL] };
    const unready = { notReadyAddresses: [{ ip: '10.0.0.1' }], ports: [SQL] };
    for (const subsets of [
      [ready, unready],
      [unready, ready],
    ])
      expect(repackSubsets(subsets)).toEqual([{ ports: [SQL], addresses: [{ address: { ip: '10.0.0.1' }, ready: false }] }]);
  });

  it('keeps addresses without ports apart', () => {
    const subsets = [{ addresses: [{ ip: '10.0.0.1' }] }, { addresses: [{ ip: '10.0.0.1' }], ports: [SQL] }];
    expect(repackSubsets(subsets).map(({ ports }) => ports)).toEqual([[], [SQL]]);
  });
});

describe('isMirrored', () => {
  it.each([
    ['by default', {}, true],
    ['not where a label says so', { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'True' } }, false],
    ['not what elects a leader', { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }, false],
  ])('%s', (_when, metadata, expected) => {
    expect(isMirrored(source([], metadata))).toBe(expected);
  });
});

describe('planMirrors', () => {
  it('makes a slice for each family and set of ports, with what the Endpoints are labelled and annotated with', () => {
    const plan = planMirrors(
      source(
        [
          {
            addresses: [{ ip: '10.0.0.1', hostname: 'db-0', nodeName: 'n', targetRef: { kind: 'Pod', name: 'p', uid: 'u' } }],
            notReadyAddresses: [{ ip: '10.0.0.2' }, { ip: '2001:db8::1' }],
            ports: [{ name: 'sql', port: 5432, appProtocol: 'postgres' }],
          },
        ],
        {
          labels: { app: 'db', 'endpointslice.kubernetes.io/managed-by': 'me' },
          annotations: {
            note: 'x',
            'kubectl.kubernetes.io/last-applied-configuration': '{}',
            'endpoints.kubernetes.io/last-change-trigger-time': '2024-01-01T00:00:00Z',
          },
        },
      ),
      [],
    );
    const metadata = {
      generateName: 'db-',
      namespace: 'default',
      labels: {
        app: 'db',
        'kubernetes.io/service-name': 'db',
        'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
      },
      annotations: { note: 'x' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Endpoints', name: 'db', uid: 'e', controller: true, blockOwnerDeletion: true }],
    };
    const ports = [{ name: 'sql', port: 5432, protocol: 'TCP', appProtocol: 'postgres' }];
    expect(plan).toEqual({
      ...nothing,
      invalid: 0,
      skipped: 0,
      create: [
        {
          metadata,
          addressType: 'IPv4',
          ports,
          endpoints: [
            {
              addresses: ['10.0.0.1'],
              conditions: { ready: true },
              hostname: 'db-0',
              nodeName: 'n',
              targetRef: { kind: 'Pod', name: 'p', uid: 'u' },
            },
            { addresses: ['10.0.0.2'], conditions: { ready: false } },
          ],
        },
        { metadata, addressType: 'IPv6', ports, endpoints: [{ addresses: ['2001:db8::1'], conditions: { ready: false } }] },
      ],
    });
  });

  it('makes none for Endpoints without addresses, and takes back those that there were', () => {
    expect(planMirrors(source([]), [])).toEqual({ ...nothing, invalid: 0, skipped: 0 });
    const before = apply([], planMirrors(source([{ addresses: [{ ip: '10.0.0.1' }], ports: [SQL] }]), []));
    expect(planMirrors(source([]), before).delete).toEqual(before);
  });

  it('says which addresses are none, and which are too many', () => {
    const many = Array.from({ length: 1100 }, (_, i) => ({ ip: `10.0.${i >> 8}.${i & 255}` }));
    const plan = planMirrors(
      source([{ addresses: [{ ip: 'db.example.com' }, ...many.slice(0, 990)], notReadyAddresses: many.slice(990), ports: [SQL] }]),
      [],
    );
    const endpoints = plan.create[0]?.endpoints ?? [];
    expect([plan.invalid, plan.skipped, endpoints.length]).toEqual([1, 101, 1000]);
    // Those that are ready come first.
    expect(endpoints.filter(({ conditions }) => conditions?.ready).length).toBe(990);
  });

  it('follows labels, annotations and readiness with one write, and writes nothing when nothing changed', () => {
    const one = source([{ addresses: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }], ports: [SQL] }]);
    const slices = apply([], planMirrors(one, []));
    const shuffled = slices.map((slice) => ({ ...slice, endpoints: slice.endpoints?.toReversed() }));
    expect(planMirrors(one, shuffled)).toMatchObject(nothing);
    for (const changed of [
      { ...one, metadata: { ...one.metadata, labels: { tier: 'data' } } },
      { ...one, metadata: { ...one.metadata, annotations: { note: 'y' } } },
      source([{ addresses: [{ ip: '10.0.0.1' }], notReadyAddresses: [{ ip: '10.0.0.2' }], ports: [SQL] }]),
    ]) {
      const plan = planMirrors(changed, slices);
      expect([plan.create.length, plan.update.length, plan.delete.length]).toEqual([0, 1, 0]);
      expect(planMirrors(changed, apply(slices, plan))).toMatchObject(nothing);
    }
  });

  it('reuses a slice for other ports, but not for the other family', () => {
    const four = apply([], planMirrors(source([{ addresses: [{ ip: '10.0.0.1' }], ports: [SQL] }]), []));
    const other = planMirrors(source([{ addresses: [{ ip: '10.0.0.1' }], ports: [WEB] }]), four);
    expect([other.create.length, other.update.map(({ metadata }) => metadata.name), other.delete.length]).toEqual([0, ['db-a'], 0]);
    const six = planMirrors(source([{ addresses: [{ ip: '2001:db8::1' }], ports: [WEB] }]), four);
    expect([six.create.length, six.update.length, six.delete.length]).toEqual([1, 0, 1]);
  });

  it('whatever the subsets, and whatever was there before: every address once for its ports, and then nothing more to do', () => {
    const address = fc.record({ ip: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', '2001:db8::1', 'nonsense') });
    const subset = fc.record({
      addresses: fc.array(address, { maxLength: 4 }),
      notReadyAddresses: fc.array(address, { maxLength: 3 }),
      ports: fc.uniqueArray(fc.constantFrom(SQL, WEB), { maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(fc.array(subset, { maxLength: 4 }), { minLength: 1, maxLength: 4 }), (history) => {
        let slices: readonly EndpointSlice[] = [];
        for (const subsets of history) {
          const wanted = source(subsets);
          slices = apply(slices, planMirrors(wanted, slices));
          expect(planMirrors(wanted, slices)).toMatchObject(nothing);
          const said = subsets.flatMap(({ addresses, notReadyAddresses, ports }) =>
            [...addresses, ...notReadyAddresses]
              .filter(({ ip }) => ip !== 'nonsense')
              .flatMap(({ ip }) => (ports.length > 0 ? ports.map(({ port }) => `${ip}:${port}`) : [ip])),
          );
          const mirrored = slices.flatMap(({ endpoints, ports }) =>
            (endpoints ?? []).flatMap(({ addresses: [ip = ''] }) =>
              (ports ?? []).length > 0 ? (ports ?? []).map(({ port }) => `${ip}:${port}`) : [ip],
            ),
          );
          expect(mirrored.toSorted()).toEqual([...new Set(said)].toSorted());
        }
      }),
      { numRuns: 300 },
    );
  });
});
