import { FakeClock } from '@holdfast/clock';
import { applyDefaults, type KubeObject, type ResourceType, type UnstructuredObject } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import type { CrdbCluster, CrdbClusterStatus } from '../api/crdb-cluster.ts';
import { decide, type Step } from './decide.ts';
import { changeOf } from './difference.ts';
import type { ClusterObjects, Observed } from './observed.ts';
import { statusAfter } from './status.ts';
import { clusterOf, observedOf, podOf } from './testing.ts';

const clock = new FakeClock();
const SUCCEEDED = { succeeded: true };
const READY_PODS = [0, 1, 2].map((ordinal) => podOf(ordinal, 'ready'));
const ROLES: Readonly<Record<string, keyof ClusterObjects>> = {
  ServiceAccount: 'serviceAccount',
  Role: 'role',
  RoleBinding: 'roleBinding',
  StatefulSet: 'statefulSet',
  PodDisruptionBudget: 'budget',
};

/** Takes steps as the reconciler would, the server's part played by its defaults, until nothing more can be done. */
function settle(start: Observed, limit = 12): { readonly observed: Observed; readonly steps: readonly Step[] } {
  let observed = start;
  const steps: Step[] = [];
  for (let count = 0; count < limit; count++) {
    const step = decide(observed);
    steps.push(step);
    const status = statusAfter(observed, step, SUCCEEDED, clock);
    const objects =
      step.kind === 'apply'
        ? step.changes.reduce((all, { object }) => ({ ...all, [roleOf(object)]: stored(object) }), observed.objects)
        : observed.objects;
    const done = status === observed.cluster.status && objects === observed.objects;
    observed = { ...observed, objects, cluster: { ...observed.cluster, status } };
    if (done) break;
  }
  return { observed, steps };
}

function roleOf({ kind = '', metadata }: KubeObject): keyof ClusterObjects {
  if (kind === 'Service') return metadata.name?.endsWith('-public') ? 'public' : 'discovery';
  return ROLES[kind] ?? 'serviceAccount';
}

/** As the server would keep it: with defaults, and with fields that others fill in. */
function stored(object: KubeObject): KubeObject {
  const groups: Readonly<Record<string, string>> = {
    StatefulSet: 'io.k8s.api.apps.v1.StatefulSet',
    Service: 'io.k8s.api.core.v1.Service',
    PodDisruptionBudget: 'io.k8s.api.policy.v1.PodDisruptionBudget',
  };
  const type = groups[object.kind ?? ''];
  return type ? (applyDefaults(type, object) as KubeObject) : object;
}

function running(cluster: CrdbCluster = clusterOf()): Observed {
  return settle(observedOf(cluster, { pods: READY_PODS })).observed;
}

const kinds = (steps: readonly Step[]): readonly string[] => steps.map((step) => (step.kind === 'apply' ? step.action : step.kind));

describe('decide', () => {
  test('a new cluster: upstream order of actions', () => {
    const { steps, observed } = settle(observedOf(clusterOf(), { pods: READY_PODS }));
    expect(kinds(steps)).toEqual(['start', 'SetupRBAC', 'checkVersion', 'Deploy', 'initialize', 'settled', 'settled']);
    expect(observed.cluster.status).toMatchObject({
      clusterStatus: 'Finished',
      version: 'v24.3.2',
      crdbcontainerimage: 'cockroachdb/cockroach:v24.3.2',
    });
    expect(observed.cluster.status?.conditions?.map(({ type, status }) => `${type}=${status}`).toSorted()).toEqual([
      'Accepted=True',
      'CrdbVersionChecked=True',
      'Initialized=True',
      'Ready=True',
    ]);
  });

  test('the names of the Deploy come in the order in which they are needed', () => {
    const { steps } = settle(observedOf(clusterOf()));
    const deploy = steps.find((step) => step.kind === 'apply' && step.action === 'Deploy');
    const written = deploy?.kind === 'apply' ? deploy.changes.map(({ type, object }) => `${type.kind}/${object.metadata.name}`) : [];
    expect(written).toEqual([
      'Service/cockroachdb',
      'Service/cockroachdb-public',
      'StatefulSet/cockroachdb',
      'PodDisruptionBudget/cockroachdb',
    ]);
  });

  test.each([
    ['pending' as const, 'cockroachdb-0 is Pending: 0/4 nodes are available'],
    [undefined, 'cockroachdb-0 does not exist yet'],
  ])('before initialization it says what the first node (%s) waits for', (state, message) => {
    const { observed } = settle(observedOf(clusterOf(), { pods: state ? [podOf(0, state)] : [] }));
    const ready = observed.cluster.status?.conditions?.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ status: 'False', reason: 'WaitingForFirstNode' });
    expect(ready?.message).toContain(message);
    expect(observed.cluster.status?.clusterStatus).toBe('Starting');
  });

  test('a node lost: says which and why, and touches nothing', () => {
    const lost = { ...running(), pods: [podOf(0, 'ready'), podOf(1, 'pending'), podOf(2, 'ready')] };
    const step = decide(lost);
    expect(step).toMatchObject({ kind: 'wait', reason: 'WaitingForNodes' });
    expect(step.kind === 'wait' ? step.message : '').toBe(
      '2 of 3 nodes are ready: cockroachdb-1 is Pending: 0/4 nodes are available: 4 node(s) were unschedulable.',
    );
    expect(statusAfter(lost, step, SUCCEEDED, clock).clusterStatus).toBe('Finished');
  });

  test('an image that cannot be had fails the cluster', () => {
    const { observed } = settle(observedOf(clusterOf(), { pods: [podOf(0, 'badImage')] }));
    expect(observed.cluster.status?.clusterStatus).toBe('Failed');
    expect(observed.cluster.status?.operatorActions?.[0]).toMatchObject({ type: 'VersionCheckerAction', status: 'Failed' });
  });

  test('the label crdb.io/skip-reconcile and deletion stop everything', () => {
    const metadata = { ...clusterOf().metadata, labels: { 'crdb.io/skip-reconcile': 'true' } };
    const status: CrdbClusterStatus = { clusterStatus: 'Finished' };
    expect(decide(observedOf(clusterOf({}, { metadata, status }))).kind).toBe('leave');
    const deleted = { ...clusterOf().metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(decide(observedOf(clusterOf({}, { metadata: deleted }))).kind).toBe('leave');
  });

  test.each([
    [{ nodes: 2 }, 'TooFewNodes'],
    [{ tlsEnabled: true }, 'TLSNotSupported'],
    [{ dataStore: { pvc: { spec: {} } } }, 'VolumeModeMissing'],
  ])('%j is refused before anything is created', (spec, reason) => {
    const { observed, steps } = settle(observedOf(clusterOf(spec)));
    expect(kinds(steps).slice(0, 2)).toEqual(['start', 'refuse']);
    expect(observed.objects).toEqual({});
    expect(observed.cluster.status?.clusterStatus).toBe('Failed');
    expect(observed.cluster.status?.conditions?.find(({ type }) => type === 'Accepted')).toMatchObject({ status: 'False', reason });
  });

  test.each([
    [{ image: { name: 'cockroachdb/cockroach:v24.3.3' } }, 'VersionChangeNotSupported'],
    [{ additionalLabels: { a: 'b' } }, 'AdditionalLabelsChanged'],
    [{ dataStore: { hostPath: { path: '/x' } } }, 'DataStoreChanged'],
    [
      {
        dataStore: {
          pvc: { spec: { volumeMode: 'Filesystem', storageClassName: 'local-nvme', resources: { requests: { storage: '20Gi' } } } },
        },
      },
      'ResizeNotSupported',
    ],
    [{ ingress: { ui: { host: 'db.example' } } }, 'IngressNotSupported'],
  ])('of a running cluster, %j is refused and the cluster stays as it is', (spec, reason) => {
    const before = running();
    const changed = { ...before, cluster: { ...before.cluster, spec: { ...before.cluster.spec, ...spec } } };
    const { observed } = settle(changed);
    expect(observed.objects).toEqual(before.objects);
    expect(observed.cluster.status?.clusterStatus).toBe('Failed');
    const { conditions } = observed.cluster.status ?? {};
    expect(conditions?.find(({ type }) => type === 'Accepted')).toMatchObject({ status: 'False', reason });
    expect(conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'True' });
    // Set back, everything is well again.
    const back = settle({ ...observed, cluster: { ...observed.cluster, spec: before.cluster.spec } }).observed;
    expect(back.cluster.status?.clusterStatus).toBe('Finished');
    expect(back.cluster.status?.operatorActions?.map(({ status }) => status)).toEqual(['Finished']);
  });

  test('fewer nodes are refused, more are deployed', () => {
    const before = running(clusterOf({ nodes: 4 }));
    const shrunk = { ...before, cluster: { ...before.cluster, spec: { ...before.cluster.spec, nodes: 3 } } };
    expect(decide(shrunk)).toMatchObject({ kind: 'refuse', problem: { reason: 'ScaleDownNotSupported', action: 'Decommission' } });
    const grown = { ...before, cluster: { ...before.cluster, spec: { ...before.cluster.spec, nodes: 5 } } };
    const step = decide(grown);
    expect(step.kind === 'apply' ? step.changes.map(({ type, verb }) => `${verb} ${type.kind}`) : []).toEqual(['update StatefulSet']);
  });

  test('an object of somebody else is not taken over', () => {
    const foreign = { metadata: { name: 'cockroachdb', namespace: 'default', uid: 'x' }, kind: 'Service' };
    const observed = observedOf(clusterOf({}, { status: { clusterStatus: 'Starting' } }), { objects: { discovery: foreign } });
    expect(decide(observed)).toMatchObject({ kind: 'refuse', problem: { reason: 'NameTaken' } });
  });

  test('the status is the same value when nothing changed', () => {
    const settled = running();
    expect(statusAfter(settled, decide(settled), SUCCEEDED, clock)).toBe(settled.cluster.status);
  });

  test('an action that fails is noted, and marked finished when it succeeds', () => {
    const observed = observedOf(clusterOf({}, { status: { clusterStatus: 'Starting' } }));
    const step: Step = { kind: 'initialize', pod: 'cockroachdb-0', reason: '' };
    const failed = statusAfter(observed, step, { succeeded: false, message: 'connection refused' }, clock);
    expect(failed.operatorActions).toEqual([
      { type: 'Initialize', status: 'Failed', message: 'connection refused', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ]);
    const later = statusAfter({ ...observed, cluster: { ...observed.cluster, status: failed } }, step, SUCCEEDED, clock);
    expect(later.operatorActions?.[0]).toMatchObject({ type: 'Initialize', status: 'Finished' });
  });
});

describe('changeOf', () => {
  const type: ResourceType<UnstructuredObject> = { group: '', version: 'v1', resource: 'services', kind: 'Service', namespaced: true };
  const desired: UnstructuredObject = {
    metadata: { name: 's', labels: { a: '1' }, annotations: { mine: 'x' } },
    spec: { ports: [{ port: 1 }] },
  };

  test('defaults and fields of others are no difference', () => {
    const created = changeOf(type, desired, undefined)?.object;
    const kept = {
      ...created,
      metadata: { ...created?.metadata, uid: 'u', resourceVersion: '5' },
      spec: { clusterIP: '127.0.0.9', ports: [{ port: 1, protocol: 'TCP' }] },
    };
    expect(changeOf(type, desired, kept)).toBeUndefined();
  });

  test('another order of fields is no difference', () => {
    const labelled = { ...desired, metadata: { ...desired.metadata, labels: { a: '1', b: '2' } } };
    const created = changeOf(type, labelled, undefined)?.object;
    const reordered = { spec: desired.spec, metadata: { ...desired.metadata, labels: { b: '2', a: '1' } } };
    expect(changeOf(type, reordered, created)).toBeUndefined();
    expect(changeOf(type, desired, created)).toMatchObject({ verb: 'update', reason: 'desired state changed' });
  });

  test('drift is undone, what others wrote stays, what is no longer wanted goes', () => {
    const created = changeOf(type, desired, undefined)?.object;
    const drifted = {
      ...created,
      metadata: { ...created?.metadata, resourceVersion: '5', annotations: { ...created?.metadata.annotations, theirs: 'y' } },
      spec: { clusterIP: '127.0.0.9', ports: [{ port: 2 }] },
    };
    const { annotations: _gone, ...plain } = desired.metadata;
    const change = changeOf(type, { ...desired, metadata: plain }, drifted);
    expect(change).toMatchObject({
      verb: 'update',
      object: { spec: { clusterIP: '127.0.0.9', ports: [{ port: 1 }] }, metadata: { resourceVersion: '5' } },
    });
    expect(Object.keys(change?.object.metadata.annotations ?? {}).toSorted()).toEqual(['crdb.io/last-applied', 'theirs']);
  });
});
