import type { EndpointSlice, Service } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { answerQuestion, type ZoneAnswer, type ZoneSource } from './zone.ts';

const services: readonly Service[] = [
  { metadata: { name: 'db', namespace: 'data' }, spec: { clusterIP: 'None', ports: [{ name: 'grpc', port: 26257 }] } },
  { metadata: { name: 'db-public', namespace: 'data' }, spec: { clusterIP: '127.64.128.9', ports: [{ name: 'sql', port: 26257 }] } },
  { metadata: { name: 'empty', namespace: 'data' }, spec: { clusterIP: 'None' } },
  { metadata: { name: 'out', namespace: 'data' }, spec: { type: 'ExternalName', externalName: 'example.com' } },
];
const slice: EndpointSlice = {
  metadata: { name: 'db-1', namespace: 'data', labels: { 'kubernetes.io/service-name': 'db' } },
  endpoints: [
    { addresses: ['127.64.2.2'], hostname: 'db-0', conditions: { ready: true } },
    { addresses: ['127.64.3.2'], conditions: { ready: true } },
    { addresses: ['127.64.4.2'], hostname: 'db-2', conditions: { ready: false } },
  ],
  ports: [{ name: 'grpc', port: 26257, protocol: 'TCP' }],
};
const source: ZoneSource = {
  service: (namespace, name) => services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
  slices: (namespace, service) => (namespace === 'data' && service === 'db' ? [slice] : []),
  namespaceExists: (name) => name === 'data' || name === 'default',
  servicesByAddress: (address) => services.filter(({ spec }) => spec?.clusterIP === address),
  slicesByAddress: (address) => (slice.endpoints?.some(({ addresses }) => addresses.includes(address)) ? [slice] : []),
};
const ask = (name: string, type = 'A'): ZoneAnswer => answerQuestion(name, type, source, 'cluster.local');
const data = (answer: ZoneAnswer): readonly unknown[] => answer.answers.map((record) => ('data' in record ? record.data : undefined));

describe('answerQuestion', () => {
  it.each([
    ['db-public.data.svc.cluster.local', ['127.64.128.9']],
    ['DB-Public.data.svc.cluster.local.', ['127.64.128.9']],
    ['db.data.svc.cluster.local', ['127.64.2.2', '127.64.3.2']],
    ['db-0.db.data.svc.cluster.local', ['127.64.2.2']],
    ['127-64-3-2.db.data.svc.cluster.local', ['127.64.3.2']],
    ['10-1-2-3.data.pod.cluster.local', ['10.1.2.3']],
    ['db-0.db.data', ['127.64.2.2']],
    ['db-0.db.data.svc', ['127.64.2.2']],
    ['db-public.data', ['127.64.128.9']],
  ])('knows the addresses of %s', (name, expected) => {
    expect(data(ask(name))).toEqual(expected);
  });

  it.each([
    ['db-2.db.data.svc.cluster.local', 'nxdomain'],
    ['empty.data.svc.cluster.local', 'nxdomain'],
    ['none.data.svc.cluster.local', 'nxdomain'],
    ['db.nowhere.svc.cluster.local', 'nxdomain'],
    ['x.cluster.local', 'nxdomain'],
    ['data.svc.cluster.local', 'nodata'],
    ['example.com', 'refused'],
    ['localhost', 'refused'],
  ])('says of %s: %s', (name, kind) => {
    expect(ask(name).kind).toBe(kind);
  });

  it('answers SRV with targets and their addresses, PTR with names, AAAA with nothing', () => {
    const srv = ask('_grpc._tcp.db.data.svc.cluster.local', 'SRV');
    expect(data(srv)).toEqual([
      { priority: 0, weight: 50, port: 26257, target: 'db-0.db.data.svc.cluster.local' },
      { priority: 0, weight: 50, port: 26257, target: '127-64-3-2.db.data.svc.cluster.local' },
    ]);
    expect(srv.additionals).toHaveLength(2);
    expect(data(ask('_sql._tcp.db-public.data.svc.cluster.local', 'SRV'))).toMatchObject([{ target: 'db-public.data.svc.cluster.local' }]);
    expect(data(ask('2.2.64.127.in-addr.arpa', 'PTR'))).toEqual(['db-0.db.data.svc.cluster.local']);
    expect(data(ask('9.128.64.127.in-addr.arpa', 'PTR'))).toEqual(['db-public.data.svc.cluster.local']);
    expect(ask('db.data.svc.cluster.local', 'AAAA').kind).toBe('nodata');
    expect(data(ask('out.data.svc.cluster.local'))).toEqual(['example.com']);
  });
});
