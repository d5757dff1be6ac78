import { type KubeObject, tableColumnsOf } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import type { Cell } from './printer.ts';
import { printedResources } from './printers/index.ts';
import { makeTable, type TableObject } from './table.ts';
import type { TableSource } from './table-source.ts';

const NOW = Date.parse('2024-01-01T01:00:00Z');
const metadata = { name: 'x', namespace: 'default', creationTimestamp: '2024-01-01T00:00:00Z', resourceVersion: '4' };

function table(source: TableSource, object: object, options: Partial<Parameters<typeof makeTable>[1]> = {}): TableObject {
  const whole = { metadata, ...object } as KubeObject;
  return makeTable([whole], { source, now: NOW, version: 'v1', includeObject: 'Metadata', withColumns: true, ...options });
}

function cells(key: string, object: object): readonly Cell[] {
  const [resource = '', ...group] = key.split('.');
  return table({ group: group.join('.'), resource }, object).rows[0]?.cells ?? [];
}

describe('every printer', () => {
  it.each(printedResources().map((key) => [key]))('%s makes as many cells as there are columns, also of a bare object', (key) => {
    const [resource = ''] = key.split('.');
    expect(cells(key, {})).toHaveLength(tableColumnsOf(resource).length);
  });
});

describe('tables', () => {
  it('carry column definitions with every member', () => {
    const { columnDefinitions } = table({ group: 'policy', resource: 'poddisruptionbudgets' }, {});
    expect(columnDefinitions?.[0]).toEqual({ name: 'Name', type: 'string', format: 'name', description: '', priority: 0 });
    expect(columnDefinitions?.map(({ name }) => name)).toEqual(['Name', 'Min Available', 'Max Unavailable', 'Allowed Disruptions', 'Age']);
  });

  it('carry of each object what was asked for', () => {
    const source = { group: '', resource: 'configmaps' };
    expect(table(source, { data: { a: '1' } }).rows[0]?.object).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
    });
    expect(table(source, { data: { a: '1' } }, { includeObject: 'Object' }).rows[0]?.object).toMatchObject({ data: { a: '1' } });
    expect(table(source, {}, { includeObject: 'None' }).rows[0]).toEqual({ cells: ['x', 0, '60m'] });
  });

  it('show when an object was created where its kind has no columns', () => {
    const source = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' };
    const { columnDefinitions, rows } = table(source, {});
    expect(columnDefinitions?.map(({ name }) => name)).toEqual(['Name', 'Created At']);
    expect(rows[0]?.cells).toEqual(['x', '2024-01-01T00:00:00Z']);
  });

  it('mark pods that have finished', () => {
    const { rows } = table({ group: '', resource: 'pods' }, { status: { phase: 'Succeeded' } });
    expect(rows[0]?.conditions).toEqual([
      { type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' },
    ]);
  });
});

describe('cells', () => {
  const template = {
    spec: {
      containers: [
        { name: 'a', image: 'a:1' },
        { name: 'b', image: 'b:2' },
      ],
    },
  };

  it('of workloads', () => {
    expect(cells('statefulsets.apps', { spec: { replicas: 3, template }, status: { readyReplicas: 2 } })).toEqual([
      'x',
      '2/3',
      '60m',
      'a,b',
      'a:1,b:2',
    ]);
    const selector = { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['b', 'a'] }] };
    expect(cells('deployments.apps', { spec: { replicas: 1, template, selector }, status: { updatedReplicas: 1 } })).toEqual([
      'x',
      '0/1',
      1,
      0,
      '60m',
      'a,b',
      'a:1,b:2',
      'app=web,tier in (a,b)',
    ]);
    const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: '1', controller: true };
    expect(cells('controllerrevisions.apps', { metadata: { ...metadata, ownerReferences: [owner] }, revision: 2 })).toEqual([
      'x',
      'statefulset.apps/web',
      2,
      '60m',
    ]);
  });

  it('of jobs', () => {
    const spec = { completions: 2, template, selector: { matchLabels: { a: 'b' } } };
    const status = { succeeded: 1, startTime: '2024-01-01T00:59:00Z' };
    expect(cells('jobs.batch', { spec, status }).slice(0, 5)).toEqual(['x', 'Running', '1/2', '60s', '60m']);
    const complete = {
      ...status,
      succeeded: 2,
      completionTime: '2024-01-01T00:59:30Z',
      conditions: [{ type: 'Complete', status: 'True' }],
    };
    expect(cells('jobs.batch', { spec, status: complete }).slice(0, 4)).toEqual(['x', 'Complete', '2/2', '30s']);
    expect(cells('jobs.batch', { spec: { parallelism: 3 } }).slice(0, 4)).toEqual(['x', 'Running', '0/1 of 3', '']);
  });

  it('of volumes and claims', () => {
    const volume = {
      spec: {
        capacity: { storage: '10Gi' },
        accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        claimRef: { namespace: 'default', name: 'data-web-0' },
        storageClassName: 'fast',
        volumeMode: 'Filesystem',
      },
      status: { phase: 'Bound' },
    };
    expect(cells('persistentvolumes', volume)).toEqual([
      'x',
      '10Gi',
      'RWO,RWX',
      'Retain',
      'Bound',
      'default/data-web-0',
      'fast',
      '<unset>',
      '',
      '60m',
      'Filesystem',
    ]);
    const claim = {
      spec: { volumeName: 'v', storageClassName: 'fast', volumeMode: 'Filesystem', accessModes: ['ReadWriteOnce'] },
      status: { phase: 'Bound', capacity: { storage: '10Gi' }, accessModes: ['ReadWriteOnce'] },
    };
    expect(cells('persistentvolumeclaims', claim)).toEqual(['x', 'Bound', 'v', '10Gi', 'RWO', 'fast', '<unset>', '60m', 'Filesystem']);
    expect(cells('persistentvolumeclaims', { spec: {}, status: { phase: 'Pending' } }).slice(0, 5)).toEqual(['x', 'Pending', '', '', '']);
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    expect(cells('storageclasses.storage.k8s.io', { metadata: { ...metadata, annotations }, provisioner: 'p' })).toEqual([
      'x (default)',
      'p',
      'Delete',
      'Immediate',
      false,
      '60m',
    ]);
  });

  it('of services and endpoints', () => {
    const ports = [
      { port: 80, protocol: 'TCP' },
      { port: 53, nodePort: 30053, protocol: 'UDP' },
    ];
    expect(cells('services', { spec: { type: 'ClusterIP', clusterIPs: ['None'], ports, selector: { b: '2', a: '1' } } })).toEqual([
      'x',
      'ClusterIP',
      'None',
      '<none>',
      '80/TCP,53:30053/UDP',
      '60m',
      'a=1,b=2',
    ]);
    expect(cells('services', { spec: { type: 'LoadBalancer' } })[3]).toBe('<pending>');
    const addresses = ['1', '2', '3', '4', '5'].map((last) => ({ ip: `10.0.0.${last}` }));
    expect(cells('endpoints', { subsets: [{ addresses, ports: [{ port: 80 }] }] })[1]).toBe(
      '10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more...',
    );
    const endpoints = [{ addresses: ['10.0.0.1'] }];
    expect(cells('endpointslices.discovery.k8s.io', { addressType: 'IPv4', endpoints, ports: [{ port: 80 }] })).toEqual([
      'x',
      'IPv4',
      '80',
      '10.0.0.1',
      '60m',
    ]);
  });

  it('of nodes', () => {
    const labels = { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'db' };
    const status = {
      conditions: [{ type: 'Ready', status: 'Unknown' }],
      addresses: [{ type: 'InternalIP', address: '127.64.0.1' }],
      nodeInfo: { kubeletVersion: 'v1.32.0' },
    };
    expect(cells('nodes', { metadata: { ...metadata, labels }, spec: { unschedulable: true }, status })).toEqual([
      'x',
      'NotReady,SchedulingDisabled',
      'control-plane,db',
      '60m',
      'v1.32.0',
      '127.64.0.1',
      '<none>',
      '<unknown>',
      '<unknown>',
      '<unknown>',
    ]);
  });

  it('of events of both groups', () => {
    const involvedObject = { kind: 'Pod', name: 'web-0', fieldPath: 'spec.containers{c}' };
    const core = {
      involvedObject,
      type: 'Normal',
      reason: 'Pulled',
      message: 'pulled \n',
      count: 3,
      source: { component: 'kubelet', host: 'n1' },
      firstTimestamp: '2024-01-01T00:00:00Z',
      lastTimestamp: '2024-01-01T00:59:30Z',
    };
    expect(cells('events', core)).toEqual([
      '30s',
      'Normal',
      'Pulled',
      'pod/web-0',
      'spec.containers{c}',
      'kubelet, n1',
      'pulled',
      '60m',
      3,
      'x',
    ]);
    const v1 = {
      regarding: involvedObject,
      note: 'n',
      reportingController: 'default-scheduler',
      eventTime: '2024-01-01T00:50:00.000000Z',
      series: { count: 5, lastObservedTime: '2024-01-01T00:59:55.000000Z' },
    };
    expect(cells('events.events.k8s.io', v1)).toEqual([
      '5s',
      '',
      '',
      'pod/web-0',
      'spec.containers{c}',
      'default-scheduler',
      'n',
      '10m',
      5,
      'x',
    ]);
  });

  it('of budgets, bindings and drivers', () => {
    expect(cells('poddisruptionbudgets.policy', { spec: { maxUnavailable: 1 }, status: { disruptionsAllowed: 1 } })).toEqual([
      'x',
      'N/A',
      '1',
      1,
      '60m',
    ]);
    const subjects = [
      { kind: 'ServiceAccount', namespace: 'ns', name: 'sa' },
      { kind: 'User', name: 'jane' },
    ];
    expect(cells('rolebindings.rbac.authorization.k8s.io', { roleRef: { kind: 'Role', name: 'r' }, subjects })).toEqual([
      'x',
      'Role/r',
      '60m',
      'jane',
      '',
      'ns/sa',
    ]);
    expect(cells('csidrivers.storage.k8s.io', { spec: { volumeLifecycleModes: ['Persistent'] } })).toEqual([
      'x',
      true,
      false,
      false,
      '<unset>',
      false,
      'Persistent',
      '60m',
    ]);
  });
});
