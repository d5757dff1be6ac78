import { describe, expect, test } from 'vitest';
import { clusterOf, EXERCISE_SPEC } from '../cluster/testing.ts';
import { buildRole, buildRoleBinding, buildServiceAccount } from './access.ts';
import { buildDisruptionBudget } from './disruption-budget.ts';
import { buildDiscoveryService, buildPublicService } from './services.ts';
import { startCommand } from './start-command.ts';
import { buildStatefulSet } from './stateful-set.ts';

const VERSION = 'v24.3.2';
const IMAGE = 'cockroachdb/cockroach:v24.3.2';
const inputs = { image: IMAGE, version: VERSION, channel: 'kubernetes-operator-unknown', logging: undefined, extraEnv: [] };

const selector = {
  'app.kubernetes.io/name': 'cockroachdb',
  'app.kubernetes.io/instance': 'cockroachdb',
  'app.kubernetes.io/component': 'database',
};
const labels = {
  ...selector,
  'app.kubernetes.io/part-of': 'cockroachdb',
  'app.kubernetes.io/managed-by': 'cockroach-operator',
  'app.kubernetes.io/version': VERSION,
};
const ownerReferences = [
  {
    apiVersion: 'crdb.cockroachlabs.com/v1alpha1',
    kind: 'CrdbCluster',
    name: 'cockroachdb',
    uid: 'cluster-uid',
    controller: true,
    blockOwnerDeletion: true,
  },
];
const ports = [
  { name: 'grpc', port: 26258 },
  { name: 'http', port: 8080 },
  { name: 'sql', port: 26257 },
];

describe('the objects of the exercise', () => {
  test('StatefulSet', () => {
    expect(buildStatefulSet(clusterOf(), inputs)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: {
        name: 'cockroachdb',
        namespace: 'default',
        labels,
        annotations: { 'crdb.io/version': VERSION, 'crdb.io/containerimage': IMAGE },
        ownerReferences,
      },
      spec: {
        serviceName: 'cockroachdb',
        replicas: 3,
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: {} },
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: selector },
          spec: {
            securityContext: { runAsUser: 1000581000, fsGroup: 1000581000 },
            serviceAccountName: 'cockroachdb-sa',
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: 300,
            containers: [
              {
                name: 'db',
                image: IMAGE,
                imagePullPolicy: 'IfNotPresent',
                command: [
                  '/bin/bash',
                  '-ecx',
                  'exec /cockroach/cockroach.sh start --advertise-host=$(POD_NAME).cockroachdb.default --insecure --http-port=8080 ' +
                    '--sql-addr=:26257 --listen-addr=:26258 --log="{sinks: {stderr: {channels: [OPS, HEALTH], redact: true}}}" ' +
                    '--cache $(expr $MEMORY_LIMIT_MIB / 4)MiB --max-sql-memory $(expr $MEMORY_LIMIT_MIB / 4)MiB ' +
                    '--join=cockroachdb-0.cockroachdb.default:26258,cockroachdb-1.cockroachdb.default:26258,cockroachdb-2.cockroachdb.default:26258',
                ],
                env: [
                  { name: 'COCKROACH_CHANNEL', value: 'kubernetes-operator-unknown' },
                  { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
                  { name: 'GOMAXPROCS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1' } } },
                  { name: 'MEMORY_LIMIT_MIB', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
                ],
                ports: [
                  { name: 'grpc', containerPort: 26258, protocol: 'TCP' },
                  { name: 'http', containerPort: 8080, protocol: 'TCP' },
                  { name: 'sql', containerPort: 26257, protocol: 'TCP' },
                ],
                resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '1Gi' } },
                readinessProbe: {
                  httpGet: { path: '/health?ready=1', port: 'http', scheme: 'HTTP' },
                  initialDelaySeconds: 10,
                  periodSeconds: 5,
                  failureThreshold: 2,
                },
                lifecycle: { preStop: { exec: { command: ['sh', '-c', '/cockroach/cockroach node drain --insecure || exit 0'] } } },
                volumeMounts: [{ name: 'datadir', mountPath: '/cockroach/cockroach-data/' }],
              },
            ],
          },
        },
        volumeClaimTemplates: [{ metadata: { name: 'datadir', labels: selector }, spec: EXERCISE_SPEC.dataStore.pvc?.spec }],
      },
    });
  });

  test('Services', () => {
    expect(buildDiscoveryService(clusterOf(), VERSION)).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'cockroachdb',
        namespace: 'default',
        labels,
        annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/path': '_status/vars', 'prometheus.io/port': '8080' },
        ownerReferences,
      },
      spec: { clusterIP: 'None', publishNotReadyAddresses: true, ports, selector },
    });
    expect(buildPublicService(clusterOf(), VERSION)).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'cockroachdb-public', namespace: 'default', labels, ownerReferences },
      spec: { type: 'ClusterIP', ports, selector },
    });
  });

  test('PodDisruptionBudget', () => {
    expect(buildDisruptionBudget(clusterOf(), VERSION)).toEqual({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'cockroachdb', namespace: 'default', labels, ownerReferences },
      spec: { selector: { matchLabels: selector }, maxUnavailable: 1 },
    });
    expect(buildDisruptionBudget(clusterOf({ minAvailable: 2, maxUnavailable: 1 }), VERSION).spec).toEqual({
      selector: { matchLabels: selector },
      minAvailable: 2,
    });
  });

  test('service account, role and binding', () => {
    expect(buildServiceAccount(clusterOf(), VERSION).metadata.name).toBe('cockroachdb-sa');
    expect(buildRole(clusterOf(), VERSION)).toMatchObject({
      metadata: { name: 'cockroachdb-role' },
      rules: [{ apiGroups: ['security.openshift.io'], resources: ['securitycontextconstraints'], verbs: ['use'] }],
    });
    expect(buildRoleBinding(clusterOf(), VERSION)).toMatchObject({
      metadata: { name: 'cockroachdb-role-binding' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'cockroachdb-role' },
      subjects: [{ kind: 'ServiceAccount', name: 'cockroachdb-sa', namespace: 'default' }],
    });
  });
});

describe('what the spec changes', () => {
  test('additional labels select, additional annotations reach everything', () => {
    const cluster = clusterOf({ additionalLabels: { team: 'data' }, additionalAnnotations: { note: 'x' } });
    const set = buildStatefulSet(cluster, inputs);
    expect(set.spec?.selector.matchLabels).toEqual({ ...selector, team: 'data' });
    expect(set.spec?.template.metadata).toEqual({ labels: { ...selector, team: 'data' }, annotations: { note: 'x' } });
    expect(buildPublicService(cluster, VERSION).metadata.annotations).toEqual({ note: 'x' });
  });

  test('the part-of label of the cluster is passed on', () => {
    const metadata = { ...clusterOf().metadata, labels: { 'app.kubernetes.io/part-of': 'shop' } };
    expect(buildPublicService(clusterOf({}, { metadata }), VERSION).metadata.labels?.['app.kubernetes.io/part-of']).toBe('shop');
  });

  test('host path instead of claims', () => {
    const set = buildStatefulSet(clusterOf({ dataStore: { hostPath: { path: '/mnt/data' } } }), inputs);
    expect(set.spec?.volumeClaimTemplates).toBeUndefined();
    expect(set.spec?.template.spec?.volumes).toEqual([{ name: 'datadir', hostPath: { path: '/mnt/data' } }]);
  });

  test('quantities are written in their canonical form', () => {
    const set = buildStatefulSet(clusterOf({ resources: { limits: { cpu: '0.5', memory: '2048Mi' } } }), inputs);
    expect(set.spec?.template.spec?.containers[0]?.resources).toEqual({ limits: { cpu: '500m', memory: '2Gi' } });
  });

  test.each([
    [{ additionalArgs: ['--join=elsewhere:26258'] }, undefined, /redact: true\}\}\}" .* --join=elsewhere:26258$/],
    [{ cache: '30%', maxSQLMemory: '2GB', nodes: 5 }, undefined, /--cache 30% --max-sql-memory 2GB --join=(cockroachdb-[012][^,]*,?){3}$/],
    [{}, '{ sinks: { file-groups: { a: "$HOME" } } }', /--log="\{ sinks: \{ file-groups: \{ a: \\"\\\$HOME\\" \} \} \}"/],
  ])('start command with %j', (spec, logging, pattern) => {
    expect(startCommand(clusterOf(spec), VERSION, logging)[2]).toMatch(pattern);
  });

  test('old versions log the old way', () => {
    expect(startCommand(clusterOf(), 'v20.2.8', undefined)[2]).toContain(' --logtostderr=INFO ');
  });
});
