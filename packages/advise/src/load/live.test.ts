// Ten planted mistakes in a running API server, found by an identity that has nothing but the role of docs/checks.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTestServer } from '@holdfast/apiserver/testing';
import { type Client, createClient, inProcessTransport, type Transport } from '@holdfast/client';
import { FakeClock } from '@holdfast/clock';
import { type KubeObject, parseYamlDocuments, type ResourceType } from '@holdfast/schema';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { check } from '../check.ts';
import { titleOf } from '../model/sourced-object.ts';
import { LISTED, loadCluster } from './cluster.ts';

const DOCUMENTED_ROLE = /```yaml\n(apiVersion: rbac[\s\S]*?)```/.exec(
  readFileSync(join(import.meta.dirname, '../../../../docs/checks.md'), 'utf8'),
)?.[1];
const READER = { username: 'holdfast-reader', groups: ['system:authenticated'] };

const template = (app: string, image: string, path: string, pod = '', container = ''): string => `
  selector: { matchLabels: { app: ${app} } }
  template:
    metadata: { labels: { app: ${app} } }
    spec:
${pod}      containers:
        - name: main
          image: ${image}
          volumeMounts: [{ name: data, mountPath: ${path} }]
${container}`;
const claims = (name: string): string => `
  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], storageClassName: ${name}, resources: { requests: { storage: 1Gi } } }`;

/** Planted: reclaim-delete, unencrypted-volumes, no-volume-expansion, cpu-limit, short-grace-period, budget-breaks-quorum, even-quorum, shared-claim, host-path-for-state, orphaned-storage. */
const PLANTED = `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: cheap }
provisioner: ebs.csi.aws.com
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, namespace: default }
spec:
  serviceName: orders
  replicas: 1
${template('orders', 'postgres:16.4', '/var/lib/postgresql/data', '      terminationGracePeriodSeconds: 3\n', '          resources: { limits: { cpu: 500m } }')}
${claims('cheap')}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: locks, namespace: default }
spec:
  serviceName: locks
  replicas: 4
${template('locks', 'quay.io/coreos/etcd:v3.5.16', '/var/lib/etcd')}
${claims('none')}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: locks, namespace: default }
spec: { maxUnavailable: 3, selector: { matchLabels: { app: locks } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: wiki, namespace: default }
spec:
  replicas: 2
${template('wiki', 'mysql:8.4.3', '/var/lib/mysql')}
      volumes: [{ name: data, persistentVolumeClaim: { claimName: wiki } }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: notes, namespace: default }
spec:
${template('notes', 'mongo:7.0.14', '/data/db')}
      volumes: [{ name: data, hostPath: { path: /srv/notes } }]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data-orders-1, namespace: default }
spec: { accessModes: [ReadWriteOnce], storageClassName: cheap, resources: { requests: { storage: 1Gi } } }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: wiki, namespace: default }
spec: { accessModes: [ReadWriteMany], storageClassName: files, resources: { requests: { storage: 1Gi } } }
`;

const EXPECTED: readonly (readonly [rule: string, workload: string])[] = [
  ['reclaim-delete', 'StatefulSet default/orders'],
  ['unencrypted-volumes', 'StatefulSet default/orders'],
  ['no-volume-expansion', 'StatefulSet default/orders'],
  ['cpu-limit', 'StatefulSet default/orders'],
  ['short-grace-period', 'StatefulSet default/orders'],
  ['orphaned-storage', 'StatefulSet default/orders'],
  ['budget-breaks-quorum', 'StatefulSet default/locks'],
  ['even-quorum', 'StatefulSet default/locks'],
  ['shared-claim', 'Deployment default/wiki'],
  ['host-path-for-state', 'Deployment default/notes'],
];

let admin: Client;
let asUser: (username: string) => { readonly client: Client; readonly used: Set<string> };
let close: () => Promise<void>;

beforeEach(async () => {
  const server = createTestServer({
    clock: new FakeClock(),
    onBug: (error) => {
      throw error;
    },
  });
  admin = createClient(inProcessTransport(server.handle, { username: 'admin', groups: ['system:masters'] }));
  asUser = (username) => {
    const transport = inProcessTransport(server.handle, { ...READER, username });
    const used = new Set<string>();
    const noting: Transport = { ...transport, request: (request) => (used.add(request.method), transport.request(request)) };
    return { client: createClient(noting), used };
  };
  close = () => server.close();
  for (const object of documents(PLANTED)) await admin.create(typeOf(object), object);
});
afterEach(() => close());

function documents(text: string): readonly KubeObject[] {
  return parseYamlDocuments(text).map(({ value }) => value as KubeObject);
}

function typeOf({ apiVersion = '', kind = '' }: KubeObject): ResourceType {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const known = LISTED.find((one) => one.kind === kind && one.group === group);
  return known ?? { group, version, kind, resource: `${kind.toLowerCase()}s`, namespaced: !kind.startsWith('Cluster') };
}

/** Gives the role, less the resource named, to the reader. */
async function grant(without?: string): Promise<void> {
  const [role] = documents(DOCUMENTED_ROLE ?? '');
  if (!role) throw new Error('docs/checks.md has no role');
  const { rules } = role as KubeObject & { readonly rules: readonly { readonly resources: readonly string[] }[] };
  const given = {
    ...role,
    rules: rules
      .map((rule) => ({ ...rule, resources: rule.resources.filter((one) => one !== without) }))
      .filter(({ resources }) => resources.length > 0),
  };
  await admin.create(typeOf(role), given as KubeObject);
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'holdfast-check' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'holdfast-check' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: READER.username }],
  };
  await admin.create(typeOf(binding), binding as KubeObject);
}

it('finds all ten with the documented role, and asks only to read', async () => {
  await grant();
  const { client, used } = asUser(READER.username);
  const result = check(await loadCluster(client, 'lab'));
  expect(result.loaded.problems).toEqual([]);
  expect(result.notRun).toEqual([]);
  const found = result.findings.map(({ rule, workload, object }) => `${rule} of ${titleOf(workload?.source ?? object)}`);
  expect(found).toEqual(expect.arrayContaining(EXPECTED.map(([rule, workload]) => `${rule} of ${workload}`)));
  expect([...used]).toEqual(['GET']);
});

it('says which rules could not run when the role lacks a list, and still finds the others', async () => {
  await grant('poddisruptionbudgets');
  const result = check(await loadCluster(asUser(READER.username).client, 'lab'));
  expect(result.loaded.problems.map(({ message }) => message)).toEqual([
    expect.stringContaining('poddisruptionbudgets.policy could not be listed'),
  ]);
  expect(result.notRun.map(({ rule }) => rule)).toEqual(['no-disruption-budget', 'budget-blocks-drain', 'budget-breaks-quorum']);
  const found = new Set(result.findings.map(({ rule }) => rule));
  for (const [rule] of EXPECTED) expect(found.has(rule)).toBe(rule !== 'budget-breaks-quorum');
});

it('gets nothing without the role, and says so', async () => {
  const result = check(await loadCluster(asUser('stranger').client, 'lab'));
  expect(result.findings).toEqual([]);
  expect(result.loaded.problems.length).toBeGreaterThan(10);
});

it('the documented role has exactly the lists that are asked for', () => {
  const [role] = documents(DOCUMENTED_ROLE ?? '');
  const { rules } = role as KubeObject & {
    readonly rules: readonly {
      readonly apiGroups: readonly string[];
      readonly resources: readonly string[];
      readonly verbs: readonly string[];
    }[];
  };
  const granted = rules.flatMap(({ apiGroups, resources }) => resources.map((resource) => `${resource}.${apiGroups[0]}`));
  expect(granted.toSorted()).toEqual(LISTED.map(({ group, resource }) => `${resource}.${group}`).toSorted());
  expect(new Set(rules.flatMap(({ verbs }) => verbs))).toEqual(new Set(['list']));
});
