import { describe, expect, test } from 'vitest';
import { decodeTyped } from './decode.ts';
import { deepFreeze } from './deep.ts';
import { applyDefaults } from './defaults.ts';
import { imageTag } from './defaults/conditions.ts';
import { PROCEDURES } from './defaults/procedures.ts';
import { compileRules } from './defaults/rules.ts';
import { defaultRulesOf, typeDef, typeNames, typesWithDefaults } from './type-table.ts';

const defaulted = (type: string, value: object): Record<string, unknown> =>
  applyDefaults(type, deepFreeze(decodeTyped(type, value).object));

test('every condition and source of the table is known', () => {
  const types = typesWithDefaults().filter((type) => !type.endsWith('.ResourceList'));
  expect(() => types.map(compileRules)).not.toThrow();
});

test('every procedure belongs to an entry of the table', () => {
  const strays = Object.keys(PROCEDURES).filter((name) => {
    const [type = '', path = ''] = name.split(' ');
    return !defaultRulesOf(type).has(path);
  });
  expect(strays).toEqual([]);
});

test('defaults of defaulted objects change nothing', () => {
  const changing = typeNames().filter((type) => {
    if (typeDef(type).custom) return false;
    const object = defaulted(type, {});
    return applyDefaults(type, object) !== object;
  });
  expect(changing).toEqual([]);
});

describe('workloads', () => {
  test('StatefulSet', () => {
    const set = defaulted('io.k8s.api.apps.v1.StatefulSet', {
      spec: {
        serviceName: 'db',
        template: { spec: { containers: [{ name: 'c', image: 'x:1', ports: [{ containerPort: 1 }], resources: { limits: { cpu: 1 } } }] } },
        volumeClaimTemplates: [{ metadata: { name: 'd' } }],
      },
    });
    expect(set['spec']).toEqual({
      replicas: 1,
      selector: null,
      serviceName: 'db',
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      revisionHistoryLimit: 10,
      template: {
        metadata: { creationTimestamp: null },
        spec: {
          containers: [
            {
              name: 'c',
              image: 'x:1',
              imagePullPolicy: 'IfNotPresent',
              ports: [{ containerPort: 1, protocol: 'TCP' }],
              resources: { limits: { cpu: '1' } },
              terminationMessagePath: '/dev/termination-log',
              terminationMessagePolicy: 'File',
            },
          ],
          restartPolicy: 'Always',
          dnsPolicy: 'ClusterFirst',
          terminationGracePeriodSeconds: 30,
          schedulerName: 'default-scheduler',
          securityContext: {},
        },
      },
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'd', creationTimestamp: null },
          spec: { resources: {}, volumeMode: 'Filesystem' },
          status: { phase: 'Pending' },
        },
      ],
    });
  });

  test('a rolling update that is asked for by name stays without parameters', () => {
    const set = defaulted('io.k8s.api.apps.v1.StatefulSet', { spec: { updateStrategy: { type: 'RollingUpdate' } } });
    expect(set['spec']).toMatchObject({ updateStrategy: { type: 'RollingUpdate' } });
    expect((set['spec'] as { updateStrategy: object }).updateStrategy).not.toHaveProperty('rollingUpdate');
  });

  test('Deployment and Job', () => {
    expect(defaulted('io.k8s.api.apps.v1.Deployment', {})['spec']).toMatchObject({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      progressDeadlineSeconds: 600,
    });
    const recreate = defaulted('io.k8s.api.apps.v1.Deployment', { spec: { strategy: { type: 'Recreate' } } });
    expect(recreate['spec']).toHaveProperty('strategy', { type: 'Recreate' });
    const job = defaulted('io.k8s.api.batch.v1.Job', {
      spec: { backoffLimitPerIndex: 1, parallelism: 2, template: { metadata: { labels: { a: 'b' } } } },
    });
    expect(job['metadata']).toHaveProperty('labels', { a: 'b' });
    expect(job['spec']).toMatchObject({
      backoffLimit: 2_147_483_647,
      parallelism: 2,
      completionMode: 'NonIndexed',
      podReplacementPolicy: 'TerminatingOrFailed',
    });
    expect(job['spec']).not.toHaveProperty('completions');
  });
});

test('Pod: requests, host ports, probes and volumes', () => {
  const pod = defaulted('io.k8s.api.core.v1.Pod', {
    spec: {
      hostNetwork: true,
      containers: [
        {
          name: 'c',
          image: 'x',
          resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1.1m' } },
          ports: [{ containerPort: 80 }],
          readinessProbe: { httpGet: { port: 80 } },
          livenessProbe: { grpc: { port: 1 } },
          env: [{ name: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        },
      ],
      volumes: [
        { name: 'a' },
        { name: 'b', secret: {} },
        { name: 'c', hostPath: { path: '/x' } },
        { name: 'd', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
      ],
    },
  });
  expect(pod['spec']).toMatchObject({
    enableServiceLinks: true,
    containers: [
      {
        imagePullPolicy: 'Always',
        resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '2m', memory: '1Gi' } },
        ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }],
        readinessProbe: {
          httpGet: { path: '/', scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
        livenessProbe: { grpc: { service: '' } },
        env: [{ valueFrom: { fieldRef: { apiVersion: 'v1' } } }],
      },
    ],
    volumes: [
      { name: 'a', emptyDir: {} },
      { name: 'b', secret: { defaultMode: 420 } },
      { name: 'c', hostPath: { path: '/x', type: '' } },
      { name: 'd', projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }] } },
    ],
  });
});

test('Services, namespaces, volumes and definitions', () => {
  expect(defaulted('io.k8s.api.core.v1.Service', { spec: { ports: [{ port: 80 }], sessionAffinity: 'ClientIP' } })['spec']).toEqual({
    type: 'ClusterIP',
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
    ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
    internalTrafficPolicy: 'Cluster',
  });
  expect(defaulted('io.k8s.api.core.v1.Service', { spec: { type: 'NodePort', sessionAffinityConfig: {} } })['spec']).toEqual({
    type: 'NodePort',
    sessionAffinity: 'None',
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
  });
  expect(
    defaulted('io.k8s.api.core.v1.Namespace', { metadata: { name: 'x', labels: { 'kubernetes.io/metadata.name': 'y', a: 'b' } } }),
  ).toMatchObject({
    metadata: { labels: { 'kubernetes.io/metadata.name': 'x', a: 'b' } },
    status: { phase: 'Active' },
  });
  expect(defaulted('io.k8s.api.core.v1.PersistentVolume', {})).toMatchObject({
    spec: { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' },
    status: { phase: 'Pending' },
  });
  expect(
    defaulted('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition', {
      spec: { names: { kind: 'Foo' }, versions: [{ name: 'v1', storage: true }] },
    }),
  ).toMatchObject({
    spec: { names: { singular: 'foo', listKind: 'FooList' }, conversion: { strategy: 'None' } },
    status: { storedVersions: ['v1'] },
  });
  expect(defaulted('io.k8s.api.networking.v1.NetworkPolicy', { spec: { egress: [{}] } })['spec']).toMatchObject({
    policyTypes: ['Ingress', 'Egress'],
  });
});

test.each([
  ['nginx', ''],
  ['nginx:1.2', '1.2'],
  ['reg:5000/nginx', ''],
  ['reg:5000/nginx:latest', 'latest'],
  ['nginx@sha256:abc', undefined],
  ['nginx:1@sha256:abc', '1'],
])('tag of %s', (image, tag) => {
  expect(imageTag(image)).toBe(tag);
});
