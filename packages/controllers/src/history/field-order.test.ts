// Whatever order the fields of a template stand in, and however they come to the server: the same template is the same revision.
import { createClient, inProcessTransport, type Client } from '@holdfast/client';
import {
  type ApiHandler,
  CONTROLLERREVISIONS,
  DAEMONSETS,
  DEPLOYMENTS,
  type KubeObject,
  type PodTemplateSpec,
  REPLICASETS,
  type ResourceType,
  STATEFULSETS,
} from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { daemonSetController } from '../daemonset/daemon-set-controller.ts';
import { deploymentController } from '../deployment/deployment-controller.ts';
import { testCluster, type TestCluster } from '../service-pods/cluster.suite.ts';
import { statefulSetController } from '../statefulset/stateful-set-controller.ts';

type Workload = KubeObject & { readonly spec?: { readonly template?: PodTemplateSpec } };

const template: PodTemplateSpec = {
  metadata: { labels: { app: 'db', tier: 'one' } },
  spec: {
    containers: [
      { name: 'c', image: 'db:1', ports: [{ containerPort: 1, name: 'p' }], resources: { limits: { memory: '1Gi', cpu: '1' } } },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
  },
};
const KINDS: readonly (readonly [string, ResourceType<Workload>, ResourceType])[] = [
  ['a StatefulSet', STATEFULSETS as ResourceType<Workload>, CONTROLLERREVISIONS],
  ['a DaemonSet', DAEMONSETS as ResourceType<Workload>, CONTROLLERREVISIONS],
  ['a Deployment', DEPLOYMENTS as ResourceType<Workload>, REPLICASETS],
];

/** The same value with the members of all its objects the other way round. */
function reversed<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => reversed(item)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toReversed();
  return Object.fromEntries(members.map(([name, member]) => [name, reversed(member) as unknown])) as T;
}

/** A client whose bodies go as bytes, as over HTTP. */
function wireClient(handle: ApiHandler): Client {
  const encoded: ApiHandler = (request) => {
    const { body } = request;
    if (body?.kind !== 'value') return handle(request);
    return handle({ ...request, body: { kind: 'bytes', bytes: Buffer.from(JSON.stringify(body.value)) } });
  };
  return createClient(inProcessTransport(encoded, { username: 'admin', groups: ['system:masters'] }));
}

function workload(name: string, of: PodTemplateSpec): Workload {
  return { metadata: { name, namespace: 'default' }, spec: { selector: { matchLabels: { app: 'db' } }, template: of } } as Workload;
}

/** What stands after the owner's name in the names of its revisions. */
async function hashes({ client }: TestCluster, type: ResourceType, name: string): Promise<readonly string[]> {
  const { items } = await client.list(type, { namespace: 'default' });
  const own = items.filter(({ metadata }) => metadata.ownerReferences?.[0]?.name === name);
  return own.map(({ metadata }) => metadata.name?.slice(name.length + 1) ?? '');
}

describe.each(KINDS)('the revision of %s', (_kind, type, revisions) => {
  test('has one name for one template, with its defaults or without, in any order, in process or as bytes', async () => {
    await using cluster = await testCluster(statefulSetController, daemonSetController, deploymentController);
    const { client } = cluster;
    const wire = wireClient(cluster.handle);
    const first = await client.create(type, workload('first', template));
    // As somebody writes it who read it with its defaults.
    const whole = first.spec?.template ?? {};
    await client.create(type, workload('reversed', reversed(template)));
    await client.create(type, workload('whole', whole));
    await client.create(type, workload('whole-reversed', reversed(whole)));
    await wire.create(type, workload('wire', reversed(template)));
    await wire.create(type, workload('wire-whole', reversed(whole)));
    await cluster.settled();
    const names = ['first', 'reversed', 'whole', 'whole-reversed', 'wire', 'wire-whole'];
    const found = await Promise.all(names.map((name) => hashes(cluster, revisions, name)));
    expect(found[0]).toHaveLength(1);
    expect(found).toEqual(names.map(() => found[0]));
  });

  test('stays when the template is written again in another order', async () => {
    await using cluster = await testCluster(statefulSetController, daemonSetController, deploymentController);
    const { client } = cluster;
    const wire = wireClient(cluster.handle);
    const key = { namespace: 'default', name: 'set' };
    await client.create(type, workload('set', template));
    await cluster.settled();
    const before = await hashes(cluster, revisions, 'set');
    expect(before).toHaveLength(1);
    const writes = [
      async () => client.update(type, reversed(await client.get(type, key))),
      async () => wire.update(type, reversed(await client.get(type, key))),
      // A change of something else, by which the whole object is decoded again.
      async () => client.patch(type, key, { type: 'merge', body: { metadata: { labels: { touched: 'yes' } } } }),
      async () => client.patch(type, key, { type: 'merge', body: { spec: { template: reversed(template) } } }),
    ];
    for (const write of writes) {
      await write();
      await cluster.settled();
      expect(await hashes(cluster, revisions, 'set')).toEqual(before);
    }
  });
});
