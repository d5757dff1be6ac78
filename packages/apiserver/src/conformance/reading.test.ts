// Section 1.6 and 1.7: selectors, versions, what a list looks like, and the columns of tables.
import { tableColumnsOf } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { configMap, fooDefinition, type Json, MERGE, NAMESPACED, pod, statefulSet, wire } from './wire.fixture.ts';

const MAPS = `${NAMESPACED}/configmaps`;
const PODS = `${NAMESPACED}/pods`;
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
const CRD = (columns?: Json[]): Json =>
  fooDefinition({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, columns ? { additionalPrinterColumns: columns } : {});
const names = (list: Json): string[] => list['items'].map((item: Json) => item['metadata'].name as string);

describe('label selectors', () => {
  const SELECTED: readonly [string, string[]][] = [
    ['app=x', ['a', 'b']],
    ['app==x', ['a', 'b']],
    ['app!=x', ['c', 'd']],
    ['app in (x,y)', ['a', 'b', 'c']],
    ['app notin (x)', ['c', 'd']],
    ['app', ['a', 'b', 'c']],
    ['!app', ['d']],
    ['app=x,tier', ['b']],
  ];

  test.each(SELECTED)('%s', async (selector, found) => {
    const { ok } = wire();
    for (const [name, labels] of [
      ['a', { app: 'x' }],
      ['b', { app: 'x', tier: 't' }],
      ['c', { app: 'y' }],
      ['d', {}],
    ] as const)
      await ok('POST', `${NAMESPACED}/secrets`, { metadata: { name, labels } });
    expect(names(await ok('GET', `${NAMESPACED}/secrets?labelSelector=${encodeURIComponent(selector)}`))).toEqual(found);
  });

  test('that cannot be read are a 400', async () => {
    for (const selector of ['a in', '=x', 'a=b=c', 'x y'])
      expect(await wire().refusal('GET', `${MAPS}?labelSelector=${encodeURIComponent(selector)}`)).toMatch(
        /^400 unable to parse requirement: /,
      );
  });
});

describe('field selectors', () => {
  // [resource, fields that upstream lets one select by, besides metadata.name and metadata.namespace]
  const FIELDS: readonly [string, readonly string[]][] = [
    [
      '/api/v1/pods',
      [
        'spec.nodeName',
        'spec.host',
        'spec.restartPolicy',
        'spec.schedulerName',
        'spec.serviceAccountName',
        'spec.hostNetwork',
        'status.phase',
        'status.podIP',
        'status.podIPs',
        'status.nominatedNodeName',
      ],
    ],
    ['/api/v1/nodes', ['spec.unschedulable']],
    ['/api/v1/namespaces', ['status.phase']],
    ['/api/v1/secrets', ['type']],
    ['/api/v1/services', ['spec.clusterIP', 'spec.type']],
    ['/api/v1/replicationcontrollers', ['status.replicas']],
    // Upstream registers no label of its own for apps/v1.
    ['/apis/apps/v1/replicasets', []],
    ['/apis/batch/v1/jobs', ['status.successful']],
    [
      '/api/v1/events',
      [
        ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((part) => `involvedObject.${part}`),
        'reason',
        'reportingComponent',
        'source',
        'type',
      ],
    ],
    [
      '/apis/events.k8s.io/v1/events',
      [
        ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((part) => `regarding.${part}`),
        'reason',
        'reportingController',
        'type',
      ],
    ],
    ['/apis/apps/v1/statefulsets', []],
    ['/api/v1/persistentvolumes', []],
    ['/api/v1/persistentvolumeclaims', []],
    ['/apis/storage.k8s.io/v1/storageclasses', []],
    ['/api/v1/configmaps', []],
  ];

  test.each(FIELDS)('of %s', async (path, fields) => {
    const { ok, refusal } = wire();
    for (const field of ['metadata.name', 'metadata.namespace', ...fields])
      await ok('GET', `${path}?fieldSelector=${encodeURIComponent(`${field}=x`)}`);
    expect(await refusal('GET', `${path}?fieldSelector=spec.foo%3Dx`)).toBe('400 field label not supported: spec.foo');
  });

  test('know =, == and !=, joined by commas, and nothing else', async () => {
    const { ok, refusal } = wire();
    await ok('POST', PODS, pod('a', { nodeName: 'n1' }));
    await ok('POST', PODS, pod('b', { nodeName: 'n2', restartPolicy: 'Never' }));
    await ok('POST', PODS, pod('c', { restartPolicy: 'Never' }));
    const selected = async (selector: string): Promise<string[]> =>
      names(await ok('GET', `${PODS}?fieldSelector=${encodeURIComponent(selector)}`));
    expect(await selected('spec.nodeName=n1')).toEqual(['a']);
    expect(await selected('spec.host==n1')).toEqual(['a']);
    expect(await selected('spec.nodeName!=n1,spec.restartPolicy=Never')).toEqual(['b', 'c']);
    expect(await selected('spec.nodeName=')).toEqual(['c']);
    expect(await refusal('GET', `${PODS}?fieldSelector=${encodeURIComponent('spec.nodeName in (a)')}`)).toMatch(/^400 /);
  });

  test('of events see the core form from either group', async () => {
    const { ok } = wire();
    await ok('POST', `${NAMESPACED}/events`, {
      metadata: { name: 'e' },
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
      reason: 'Tested',
      type: 'Normal',
      source: { component: 'me' },
    });
    for (const selector of ['involvedObject.name=p,source=me', 'reason=Tested', 'type=Normal'])
      expect(names(await ok('GET', `${NAMESPACED}/events?fieldSelector=${encodeURIComponent(selector)}`))).toEqual(['e']);
    expect(names(await ok('GET', '/apis/events.k8s.io/v1/namespaces/default/events?fieldSelector=regarding.name%3Dp'))).toEqual(['e']);
  });

  test('of custom resources are those that the definition names', async () => {
    const { ok, refusal } = wire();
    const definition = CRD();
    definition['spec'].versions[0].selectableFields = [{ jsonPath: '.spec.color' }];
    definition['spec'].versions[0].schema.openAPIV3Schema = {
      type: 'object',
      properties: { spec: { type: 'object', properties: { color: { type: 'string' } } } },
    };
    await ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
    const foos = '/apis/ex.io/v1/namespaces/default/foos';
    for (const [name, color] of Object.entries({ a: 'red', b: 'blue' }))
      await ok('POST', foos, { apiVersion: 'ex.io/v1', kind: 'Foo', metadata: { name }, spec: { color } });
    expect(names(await ok('GET', `${foos}?fieldSelector=spec.color%3Dred`))).toEqual(['a']);
    expect(await refusal('GET', `${foos}?fieldSelector=spec.size%3D1`)).toBe('400 field label not supported: spec.size');
  });
});

describe('lists', () => {
  test('are in the order of namespace and name; empty ones have items', async () => {
    const { ok } = wire();
    for (const [namespace, name] of [
      ['kube-system', 'a'],
      ['default', 'b'],
      ['default', 'a'],
    ] as const)
      await ok('POST', `/api/v1/namespaces/${namespace}/secrets`, { metadata: { name } });
    const all = await ok('GET', '/api/v1/secrets');
    expect(all['items'].map((item: Json) => `${item['metadata'].namespace}/${item['metadata'].name}`)).toEqual([
      'default/a',
      'default/b',
      'kube-system/a',
    ]);
    expect(await ok('GET', SETS)).toMatchObject({ kind: 'StatefulSetList', apiVersion: 'apps/v1', items: [] });
  });

  test('name kind and apiVersion in the items of custom resources, not in those of built-in kinds', async () => {
    const { ok } = wire();
    await ok('POST', MAPS, configMap('a'));
    await ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', CRD());
    const foos = '/apis/ex.io/v1/namespaces/default/foos';
    await ok('POST', foos, { apiVersion: 'ex.io/v1', kind: 'Foo', metadata: { name: 'f' } });
    expect((await ok('GET', MAPS))['items'][0]).not.toHaveProperty('kind');
    expect((await ok('GET', foos))['items'][0]).toMatchObject({ kind: 'Foo', apiVersion: 'ex.io/v1' });
    expect((await ok('GET', foos))['kind']).toBe('FooList');
  });

  test('a get at a version: 0 and older ones are answered, one of the future is not', async () => {
    const { ok, ask, clock } = wire();
    const { metadata } = await ok('POST', MAPS, configMap('a'));
    for (const version of ['', '0', metadata.resourceVersion as string]) await ok('GET', `${MAPS}/a?resourceVersion=${version}`);
    const late = ask('GET', `${MAPS}/a?resourceVersion=999999`);
    await clock.advance(3000);
    expect((await late).object).toMatchObject({
      code: 504,
      reason: 'Timeout',
      message: expect.stringMatching(/^Timeout: Too large resource version: 999999, current: \d+$/),
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 },
    });
  });

  test('as metadata alone carry the kind of metadata in items', async () => {
    const { ok } = wire();
    await ok('POST', MAPS, configMap('a', { x: '1' }));
    const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
    const list = await ok('GET', MAPS, undefined, { accept });
    expect([list['kind'], list['apiVersion']]).toEqual(['PartialObjectMetadataList', 'meta.k8s.io/v1']);
    expect(list['items'][0]).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'a' } });
    expect(list['items'][0]).not.toHaveProperty('data');
  });
});

const SETS = '/apis/apps/v1/namespaces/default/statefulsets';

describe('tables', () => {
  // As upstream 1.32 has them; * marks what only -o wide shows.
  const COLUMNS: Readonly<Record<string, string>> = {
    pods: 'Name, Ready, Status, Restarts, Age, IP*, Node*, Nominated Node*, Readiness Gates*',
    statefulsets: 'Name, Ready, Age, Containers*, Images*',
    controllerrevisions: 'Name, Controller, Revision, Age',
    persistentvolumes:
      'Name, Capacity, Access Modes, Reclaim Policy, Status, Claim, StorageClass, VolumeAttributesClass, Reason, Age, VolumeMode*',
    persistentvolumeclaims: 'Name, Status, Volume, Capacity, Access Modes, StorageClass, VolumeAttributesClass, Age, VolumeMode*',
    storageclasses: 'Name, Provisioner, ReclaimPolicy, VolumeBindingMode, AllowVolumeExpansion, Age',
    nodes: 'Name, Status, Roles, Age, Version, Internal-IP*, External-IP*, OS-Image*, Kernel-Version*, Container-Runtime*',
    events: 'Last Seen, Type, Reason, Object, Subobject*, Source*, Message, First Seen*, Count*, Name*',
    services: 'Name, Type, Cluster-IP, External-IP, Port(s), Age, Selector*',
    endpoints: 'Name, Endpoints, Age',
    endpointslices: 'Name, AddressType, Ports, Endpoints, Age',
    poddisruptionbudgets: 'Name, Min Available, Max Unavailable, Allowed Disruptions, Age',
    leases: 'Name, Holder, Age',
    namespaces: 'Name, Status, Age',
    volumeattachments: 'Name, Attacher, PV, Node, Attached, Age',
    csinodes: 'Name, Drivers, Age',
    // Upstream has columns for them that it does not use.
    csistoragecapacities: 'Name, Created At',
    deployments: 'Name, Ready, Up-to-date, Available, Age, Containers*, Images*, Selector*',
    replicasets: 'Name, Desired, Current, Ready, Age, Containers*, Images*, Selector*',
    daemonsets: 'Name, Desired, Current, Ready, Up-to-date, Available, Node Selector, Age, Containers*, Images*, Selector*',
    jobs: 'Name, Status, Completions, Duration, Age, Containers*, Images*, Selector*',
    configmaps: 'Name, Data, Age',
    secrets: 'Name, Type, Data, Age',
    serviceaccounts: 'Name, Secrets, Age',
    customresourcedefinitions: 'Name, Created At',
  };

  test.each(Object.entries(COLUMNS))('of %s have the columns of kubectl', (resource, columns) => {
    expect(
      tableColumnsOf(resource)
        .map(({ name, priority }) => `${name}${priority ? '*' : ''}`)
        .join(', '),
    ).toBe(columns);
  });

  test('carry the version of the list and its pages, rows with metadata, columns once on a watch', async () => {
    const { ok } = wire();
    for (const name of ['a', 'b', 'c']) await ok('POST', `${NAMESPACED}/secrets`, { metadata: { name } });
    const table = await ok('GET', `${NAMESPACED}/secrets?limit=2`, undefined, { accept: TABLE });
    expect(table).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: expect.any(String), continue: expect.any(String), remainingItemCount: 1 },
      rows: [
        { cells: ['a', 'Opaque', 0, '0s'], object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' } },
        { cells: ['b', 'Opaque', 0, '0s'] },
      ],
    });
  });

  test('errors are never tables', async () => {
    expect((await wire().ask('GET', `${MAPS}/nope`, undefined, { accept: TABLE })).object['kind']).toBe('Status');
  });

  test('of custom resources: declared columns, read leniently; else Name and Age', async () => {
    const { ok } = wire();
    const columns = [
      { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
      { name: 'Missing', type: 'string', jsonPath: '.spec.nope.deeper' },
      { name: 'First', type: 'string', jsonPath: '.spec.list[*].n' },
      { name: 'When', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ];
    await ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', CRD(columns));
    const foos = '/apis/ex.io/v1/namespaces/default/foos';
    await ok('POST', foos, {
      apiVersion: 'ex.io/v1',
      kind: 'Foo',
      metadata: { name: 'f' },
      spec: { size: 3, list: [{ n: 'x' }, { n: 'y' }] },
    });
    const table = await ok('GET', foos, undefined, { accept: TABLE });
    expect(table['columnDefinitions'].map((column: Json) => column['name'])).toEqual(['Name', 'Size', 'Missing', 'First', 'When']);
    expect(table['rows'][0].cells).toEqual(['f', 3, null, 'x', '0s']);
    const plain = wire();
    await plain.ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', CRD());
    const bare = await plain.ok('GET', foos, undefined, { accept: TABLE });
    expect(bare['columnDefinitions'].map((column: Json) => column['name'])).toEqual(['Name', 'Age']);
  });
});

describe('watches', () => {
  test('what leaves a selection is DELETED as it was, with the version at which it left', async () => {
    const { ok, watched } = wire();
    const made = await ok('POST', MAPS, configMap('a', {}, { labels: { app: 'x' } }));
    const seen = watched(`${MAPS}?watch=1&labelSelector=app%3Dx&resourceVersion=${made['metadata'].resourceVersion}`, 2);
    const left = await ok('PATCH', `${MAPS}/a`, { metadata: { labels: { app: 'y' } } }, MERGE);
    await ok('PATCH', `${MAPS}/a`, { metadata: { labels: { app: 'x' } } }, MERGE);
    expect(await seen).toMatchObject([
      { type: 'DELETED', object: { metadata: { labels: { app: 'x' }, resourceVersion: left['metadata'].resourceVersion } } },
      { type: 'ADDED', object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { labels: { app: 'x' } } } },
    ]);
  });

  test('a deletion carries its own version', async () => {
    const { ok, watched } = wire();
    const made = await ok('POST', SETS, statefulSet('s'));
    const version = Number(made['metadata'].resourceVersion);
    const seen = watched(`${SETS}?watch=1&resourceVersion=${version}`, 1);
    await ok('DELETE', `${SETS}/s`);
    const [event] = await seen;
    expect([event?.type, Number(event?.object['metadata'].resourceVersion) > version]).toEqual(['DELETED', true]);
  });
});
