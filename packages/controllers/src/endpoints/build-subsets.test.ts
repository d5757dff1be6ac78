import { describe, expect, test } from 'vitest';
import { podOf, serviceOf } from '../service-pods/testing.ts';
import { buildSubsets } from './build-subsets.ts';

const ports = [{ name: 'sql', port: 26257, protocol: 'TCP' }];
const targetRef = (ordinal: number): object => ({ kind: 'Pod', namespace: 'default', name: `web-${ordinal}`, uid: `uid-${ordinal}` });
const address = (ordinal: number): object => ({
  ip: `127.1.0.${ordinal + 1}`,
  nodeName: `node-${ordinal % 3}`,
  targetRef: targetRef(ordinal),
});

describe('buildSubsets', () => {
  test('ready and not ready addresses by port, terminating and finished pods left out', () => {
    const pods = [
      podOf(2),
      podOf(1, { ready: false }),
      podOf(0),
      podOf(3, { terminating: true }),
      podOf(4, { phase: 'Succeeded' }),
      podOf(5, { ip: '' }),
    ];
    expect(buildSubsets(serviceOf(), pods)).toEqual({
      subsets: [{ addresses: [address(0), address(2)], notReadyAddresses: [address(1)], ports }],
      truncated: false,
    });
  });

  test('publishNotReadyAddresses: everything is an address, terminating pods too', () => {
    const service = serviceOf({ publishNotReadyAddresses: true });
    expect(buildSubsets(service, [podOf(0, { ready: false }), podOf(1, { terminating: true })]).subsets).toEqual([
      { addresses: [address(0), address(1)], ports },
    ]);
  });

  test('a hostname counts only below its own subdomain', () => {
    const pods = [podOf(0, { hostname: 'web-0', subdomain: 'web' }), podOf(1, { hostname: 'web-1', subdomain: 'other' })];
    expect(buildSubsets(serviceOf(), pods).subsets[0]?.addresses).toEqual([{ ...address(0), hostname: 'web-0' }, address(1)]);
  });

  test('a pod without the named port is left out; different ports make different subsets', () => {
    const service = serviceOf({
      ports: [
        { name: 'sql', port: 1, targetPort: 'sql' },
        { name: 'http', port: 2, targetPort: 8080 },
      ],
    });
    const { subsets } = buildSubsets(service, [podOf(0), podOf(1, { portName: 'other' })]);
    expect(subsets.map((subset) => subset.ports?.map(({ name }) => name))).toEqual([['http', 'sql'], ['http']]);
    expect(buildSubsets(serviceOf(), [podOf(1, { portName: 'other' })]).subsets).toEqual([]);
  });

  test('a headless Service without ports lists its pods, any other lists none', () => {
    expect(buildSubsets(serviceOf({ clusterIP: 'None', ports: [] }), [podOf(0)]).subsets).toEqual([{ addresses: [address(0)] }]);
    expect(buildSubsets(serviceOf({ ports: [] }), [podOf(0)]).subsets).toEqual([]);
  });

  test('more than a thousand addresses are cut, ready ones kept', () => {
    const pods = Array.from({ length: 1001 }, (_, at) => podOf(at, { ip: `127.2.${at >> 8}.${at & 255}`, ready: at !== 0 }));
    const { subsets, truncated } = buildSubsets(serviceOf(), pods);
    expect([truncated, subsets[0]?.addresses?.length, subsets[0]?.notReadyAddresses]).toEqual([true, 1000, undefined]);
  });
});
