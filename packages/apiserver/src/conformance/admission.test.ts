// Section 1.15, 1.16 and 1.20: what admission and defaults make of an object, what may not change, bindings and events.
import { describe, expect, test } from 'vitest';
import { configMap, type Json, MERGE, NAMESPACED, pod, statefulSet, STRATEGIC, wire } from './wire.fixture.ts';

const PODS = `${NAMESPACED}/pods`;
const SETS = '/apis/apps/v1/namespaces/default/statefulsets';
const EVENTS = `${NAMESPACED}/events`;

describe('service accounts', () => {
  test('pods get the default one, its token volume in each container, and its pull secrets', async () => {
    const { ok } = wire();
    await ok('PATCH', `${NAMESPACED}/serviceaccounts/default`, { imagePullSecrets: [{ name: 'pull' }] }, MERGE);
    const { spec } = await ok('POST', PODS, pod('p', { initContainers: [{ name: 'i', image: 'i' }] }));
    const [volume] = spec.volumes;
    expect(volume).toEqual({
      name: expect.stringMatching(/^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$/),
      projected: {
        sources: [
          { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
        ],
        defaultMode: 420,
      },
    });
    const mount = { name: volume.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' };
    for (const container of [...spec.containers, ...spec.initContainers]) expect(container.volumeMounts).toEqual([mount]);
    expect(spec).toMatchObject({ serviceAccountName: 'default', serviceAccount: 'default', imagePullSecrets: [{ name: 'pull' }] });
  });

  test('no volume where the pod, or its account, wants none; no second mount where there is one', async () => {
    const { ok } = wire();
    expect((await ok('POST', PODS, pod('p', { automountServiceAccountToken: false })))['spec']).not.toHaveProperty('volumes');
    await ok('POST', `${NAMESPACED}/serviceaccounts`, { metadata: { name: 'quiet' }, automountServiceAccountToken: false });
    expect((await ok('POST', PODS, pod('q', { serviceAccountName: 'quiet' })))['spec']).not.toHaveProperty('volumes');
  });

  test('one that is not there is refused', async () => {
    expect(await wire().refusal('POST', PODS, pod('p', { serviceAccountName: 'nope' }))).toBe(
      '403 pods "p" is forbidden: error looking up service account default/nope: serviceaccount "nope" not found',
    );
  });
});

describe('plug-ins of pods, nodes and storage', () => {
  test('pods tolerate nodes in trouble for five minutes, unless they say otherwise', async () => {
    const { ok } = wire();
    const tolerations = async (name: string, given?: Json[]): Promise<Json[]> =>
      (await ok('POST', PODS, pod(name, given ? { tolerations: given } : {})))['spec'].tolerations;
    const added = (key: string): Json => ({
      key: `node.kubernetes.io/${key}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    });
    expect(await tolerations('a')).toEqual([added('not-ready'), added('unreachable')]);
    const own = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 };
    expect(await tolerations('b', [own])).toEqual([own, added('unreachable')]);
  });

  test('pods get the value of their priority class, the global default, or zero', async () => {
    const { ok, refusal } = wire();
    const classes = '/apis/scheduling.k8s.io/v1/priorityclasses';
    expect((await ok('POST', PODS, pod('a')))['spec']).toMatchObject({ priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
    await ok('POST', classes, { metadata: { name: 'high' }, value: 100, preemptionPolicy: 'Never' });
    expect((await ok('POST', PODS, pod('b', { priorityClassName: 'high' })))['spec']).toMatchObject({
      priority: 100,
      preemptionPolicy: 'Never',
    });
    await ok('POST', classes, { metadata: { name: 'usual' }, value: 7, globalDefault: true });
    expect((await ok('POST', PODS, pod('c')))['spec']).toMatchObject({ priority: 7, priorityClassName: 'usual' });
    expect(await refusal('POST', PODS, pod('d', { priorityClassName: 'nope' }))).toBe(
      '403 pods "d" is forbidden: no PriorityClass with name nope was found',
    );
  });

  test('new nodes are not ready; claims and volumes are protected', async () => {
    const { ok } = wire();
    expect((await ok('POST', '/api/v1/nodes', { metadata: { name: 'n' } }))['spec'].taints).toEqual([
      { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
    ]);
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    expect((await ok('POST', `${NAMESPACED}/persistentvolumeclaims`, { metadata: { name: 'c' }, spec }))['metadata'].finalizers).toEqual([
      'kubernetes.io/pvc-protection',
    ]);
    const volume = {
      metadata: { name: 'v' },
      spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, csi: { driver: 'd', volumeHandle: 'h' } },
    };
    expect((await ok('POST', '/api/v1/persistentvolumes', volume))['metadata'].finalizers).toEqual(['kubernetes.io/pv-protection']);
  });
});

describe('defaults that only a pod has', () => {
  test('requests from limits, service links and host ports are not written into templates', async () => {
    const { ok } = wire();
    const spec = {
      hostNetwork: true,
      containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }], resources: { limits: { cpu: '1' } } }],
    };
    const made = await ok('POST', PODS, pod('p', spec));
    expect(made['spec']).toMatchObject({
      enableServiceLinks: true,
      containers: [{ ports: [{ hostPort: 80, protocol: 'TCP' }], resources: { requests: { cpu: '1' } } }],
    });
    const set = await ok(
      'POST',
      SETS,
      statefulSet('s', {
        template: {
          metadata: { labels: { app: 's' } },
          spec: { containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: '1' } } }] },
        },
      }),
    );
    expect(set['spec'].template.spec).not.toHaveProperty('enableServiceLinks');
    expect(set['spec'].template.spec.containers[0].resources).toEqual({ limits: { cpu: '1' } });
  });

  test('claims of a set come back as whole objects', async () => {
    const { ok } = wire();
    const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
    const set = await ok('POST', SETS, statefulSet('s', { volumeClaimTemplates: [claim] }));
    expect(set['spec'].volumeClaimTemplates).toEqual([
      {
        kind: 'PersistentVolumeClaim',
        apiVersion: 'v1',
        metadata: { name: 'data', creationTimestamp: null },
        spec: { ...claim.spec, volumeMode: 'Filesystem' },
        status: { phase: 'Pending' },
      },
    ]);
    expect(set['spec'].template.metadata).toHaveProperty('creationTimestamp', null);
  });

  test('services get an address from the range, headless ones none, node ports theirs', async () => {
    const { ok } = wire();
    const service = (name: string, spec: Json): Promise<Json> =>
      ok('POST', `${NAMESPACED}/services`, { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });
    expect((await service('a', {}))['spec']).toMatchObject({
      type: 'ClusterIP',
      clusterIP: expect.stringMatching(/^127\.64\./),
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    });
    expect((await service('b', { clusterIP: 'None' }))['spec']).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'] });
    const { spec } = await service('c', { type: 'NodePort' });
    expect(spec.externalTrafficPolicy).toBe('Cluster');
    expect(spec.ports[0].nodePort).toSatisfy((port: number) => port >= 30_000 && port <= 32_767);
  });
});

describe('what may not change', () => {
  test('of pods: nearly everything', async () => {
    const { ok, refusal } = wire();
    await ok('POST', PODS, pod('p'));
    expect(await refusal('PATCH', `${PODS}/p`, { spec: { hostNetwork: true } }, MERGE)).toMatch(
      /^422 Pod "p" is invalid: spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`,`spec\.initContainers\[\*\]\.image`,`spec\.activeDeadlineSeconds`,`spec\.tolerations` \(only additions to existing tolerations\),`spec\.terminationGracePeriodSeconds` \(allow it to be set to 1 if it was previously negative\)/,
    );
    await ok('PATCH', `${PODS}/p`, { spec: { containers: [{ name: 'c', image: 'other' }] } }, STRATEGIC);
  });

  test('of sets: all but a few fields', async () => {
    const { ok, refusal } = wire();
    await ok('POST', SETS, statefulSet('s'));
    expect(await refusal('PATCH', `${SETS}/s`, { spec: { serviceName: 'x' } }, MERGE)).toBe(
      `422 StatefulSet.apps "s" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden`,
    );
    for (const spec of [{ replicas: 3 }, { minReadySeconds: 5 }, { updateStrategy: { type: 'OnDelete', rollingUpdate: null } }])
      await ok('PATCH', `${SETS}/s`, { spec }, MERGE);
  });

  test('of volumes: where they are; of classes: how they provision', async () => {
    const { ok, refusal } = wire();
    await ok('POST', '/api/v1/persistentvolumes', {
      metadata: { name: 'v' },
      spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, csi: { driver: 'd', volumeHandle: 'h' } },
    });
    expect(await refusal('PATCH', '/api/v1/persistentvolumes/v', { spec: { csi: { volumeHandle: 'other' } } }, MERGE)).toMatch(
      /^422 .*spec\.persistentvolumesource: Forbidden: spec\.persistentvolumesource is immutable after creation/,
    );
    const classes = '/apis/storage.k8s.io/v1/storageclasses';
    await ok('POST', classes, { metadata: { name: 'c' }, provisioner: 'x.io/p' });
    for (const change of [
      { parameters: { a: 'b' } },
      { provisioner: 'y.io/p' },
      { reclaimPolicy: 'Retain' },
      { volumeBindingMode: 'WaitForFirstConsumer' },
    ])
      expect(await refusal('PATCH', `${classes}/c`, change, MERGE)).toMatch(/^422 /);
  });
});

describe('bindings', () => {
  const bind = { metadata: { name: 'p', annotations: { by: 'me' } }, target: { kind: 'Node', name: 'n1' } };

  test.each([`${PODS}/p/binding`, `${NAMESPACED}/bindings`])('through %s give a pod its node', async (path) => {
    const { ok, ask } = wire();
    await ok('POST', PODS, pod('p'));
    expect(await ask('POST', path, bind)).toMatchObject({ status: 201, object: { kind: 'Status', status: 'Success' } });
    expect(await ok('GET', `${PODS}/p`)).toMatchObject({
      spec: { nodeName: 'n1' },
      metadata: { annotations: { by: 'me' } },
      status: { conditions: [{ type: 'PodScheduled', status: 'True' }] },
    });
  });

  test('are refused for pods that have a node, are going away, or are gated', async () => {
    const { ok, refusal } = wire();
    await ok('POST', PODS, pod('p', { nodeName: 'n' }));
    expect(await refusal('POST', `${PODS}/p/binding`, bind)).toBe(
      '409 Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n"',
    );
    await ok('DELETE', `${PODS}/p`);
    expect(await refusal('POST', `${PODS}/p/binding`, bind)).toBe(
      '409 Operation cannot be fulfilled on pods/binding "p": pod p is being deleted, cannot be assigned to a host',
    );
    await ok('POST', PODS, pod('g', { schedulingGates: [{ name: 'x.io/wait' }] }));
    expect(await refusal('POST', `${PODS}/g/binding`, { ...bind, metadata: { name: 'g' } })).toBe(
      '409 Operation cannot be fulfilled on pods/binding "g": pod g has non-empty .spec.schedulingGates',
    );
    expect(await refusal('POST', `${PODS}/nope/binding`, { ...bind, metadata: { name: 'nope' } })).toMatch(/^404/);
  });
});

describe('events', () => {
  const event = (metadata: Json = {}): Json => ({
    metadata: { name: 'e', ...metadata },
    involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
    reason: 'Tested',
    message: 'words',
    type: 'Normal',
    source: { component: 'me' },
    count: 2,
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
  });
  const VIEWS = '/apis/events.k8s.io/v1/namespaces/default/events';

  test('are one object with two views', async () => {
    const { ok } = wire();
    const core = await ok('POST', EVENTS, event());
    expect(await ok('GET', `${VIEWS}/e`)).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      metadata: { uid: core['metadata'].uid },
      regarding: { name: 'p' },
      note: 'words',
      deprecatedSource: { component: 'me' },
      deprecatedCount: 2,
      deprecatedFirstTimestamp: '2026-01-01T00:00:00Z',
      deprecatedLastTimestamp: '2026-01-01T00:00:00Z',
    });
    const view = {
      metadata: { name: 'v' },
      regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
      reason: 'Scheduled',
      note: 'words',
      type: 'Normal',
      action: 'Binding',
      reportingController: 'default-scheduler',
      reportingInstance: 'default-scheduler-x',
      eventTime: '2026-01-01T00:00:00.000000Z',
    };
    await ok('POST', VIEWS, view);
    expect(await ok('GET', `${EVENTS}/v`)).toMatchObject({
      apiVersion: 'v1',
      involvedObject: { name: 'p' },
      message: 'words',
      reportingComponent: 'default-scheduler',
      eventTime: '2026-01-01T00:00:00.000000Z',
      firstTimestamp: null,
      lastTimestamp: null,
    });
  });

  test('are where their object is; those of cluster-scoped ones in default', async () => {
    const { ok, refusal } = wire();
    expect(await refusal('POST', '/api/v1/namespaces/kube-system/events', event())).toMatch(
      /^422 .*involvedObject\.namespace: Invalid value: "default": does not match event\.namespace$/,
    );
    await ok('POST', EVENTS, { ...event(), involvedObject: { kind: 'Node', name: 'n' } });
  });

  test('count on by a patch, and are made again where they are gone', async () => {
    const { ok, refusal } = wire();
    await ok('POST', EVENTS, event());
    expect((await ok('PATCH', `${EVENTS}/e`, { count: 3, lastTimestamp: '2026-01-01T00:05:00Z' }, STRATEGIC))['count']).toBe(3);
    expect(await refusal('PATCH', `${EVENTS}/nope`, { count: 3 }, STRATEGIC)).toBe('404 events "nope" not found');
  });

  test('are forgotten an hour after they were last written', async () => {
    const { ok, ask, clock } = wire();
    await ok('POST', EVENTS, event());
    await ok('POST', EVENTS, event({ name: 'again' }));
    await clock.advance(40 * 60_000);
    await ok('PATCH', `${EVENTS}/again`, { count: 3, lastTimestamp: '2026-01-01T00:40:00Z' }, STRATEGIC);
    await clock.advance(25 * 60_000);
    expect([(await ask('GET', `${EVENTS}/e`)).status, (await ask('GET', `${EVENTS}/again`)).status]).toEqual([404, 200]);
    await clock.advance(40 * 60_000);
    expect((await ask('GET', `${EVENTS}/again`)).status).toBe(404);
  });
});

describe('large objects', () => {
  test('a ConfigMap of more than 1 MiB is refused', async () => {
    expect(await wire().refusal('POST', `${NAMESPACED}/configmaps`, configMap('a', { x: 'x'.repeat(2 ** 20 + 1) }))).toMatch(
      /^422 ConfigMap "a" is invalid: \[\]: Too long: may not be more than 1048576 bytes/,
    );
  });
});
