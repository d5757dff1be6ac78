// Attaching and detaching with a driver's attacher at the other end, in simulated time.
import {
  CSIDRIVERS,
  EVENTS,
  type Node,
  NODES,
  PERSISTENTVOLUMECLAIMS,
  PERSISTENTVOLUMES,
  type Pod,
  PODS,
  VOLUMEATTACHMENTS,
} from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { type TestCluster, testCluster } from '../service-pods/cluster.suite.ts';
import { decide } from './decide.ts';
import { attachDetachController } from './attach-detach-controller.ts';

const DRIVER = 'disk.example.com';
const UNIQUE = `kubernetes.io/csi/${DRIVER}^handle-1`;
const namespace = 'default';
const FINALIZER = `external-attacher/${DRIVER}`;

async function start(accessModes: readonly string[] = ['ReadWriteOnce']): Promise<TestCluster> {
  const cluster = await testCluster(attachDetachController);
  for (const name of ['n1', 'n2']) await addNode(cluster, name);
  const { client } = cluster;
  const claim = await client.create(PERSISTENTVOLUMECLAIMS, {
    metadata: { name: 'data', namespace },
    spec: { accessModes, resources: { requests: { storage: '1Gi' } }, volumeName: 'pv', storageClassName: '' },
  });
  await client.updateStatus(PERSISTENTVOLUMECLAIMS, { ...claim, status: { phase: 'Bound' } });
  await client.create(PERSISTENTVOLUMES, {
    metadata: { name: 'pv' },
    spec: {
      accessModes,
      capacity: { storage: '1Gi' },
      csi: { driver: DRIVER, volumeHandle: 'handle-1' },
      claimRef: { namespace, name: 'data', uid: claim.metadata.uid },
    },
  });
  return cluster;
}

async function addNode({ client }: TestCluster, name: string): Promise<void> {
  const node = await client.create(NODES, {
    metadata: { name, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } },
  });
  await client.updateStatus(NODES, { ...node, status: { conditions: [{ type: 'Ready', status: 'True' }] } });
}

async function addPod(cluster: TestCluster, name: string, nodeName: string): Promise<void> {
  await cluster.client.create(PODS, {
    metadata: { name, namespace },
    spec: {
      nodeName,
      automountServiceAccountToken: false,
      containers: [{ name: 'c', image: 'db:1' }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
    },
  });
  await cluster.settled();
}

async function removePod(cluster: TestCluster, name: string): Promise<void> {
  await cluster.client.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0 });
  await cluster.settled();
}

/** What the driver's attacher does with all attachments as they are now. */
async function attacherWorks(cluster: TestCluster): Promise<void> {
  const { client } = cluster;
  for (const attachment of (await client.list(VOLUMEATTACHMENTS)).items) {
    if (attachment.metadata.deletionTimestamp)
      await client.update(VOLUMEATTACHMENTS, { ...attachment, metadata: { ...attachment.metadata, finalizers: [] } });
    else {
      const kept = await client.update(VOLUMEATTACHMENTS, { ...attachment, metadata: { ...attachment.metadata, finalizers: [FINALIZER] } });
      await client.updateStatus(VOLUMEATTACHMENTS, { ...kept, status: { attached: true } });
    }
  }
  await cluster.settled();
}

const attachments = async ({ client }: TestCluster): Promise<readonly string[]> =>
  (await client.list(VOLUMEATTACHMENTS)).items.map(
    ({ spec, status, metadata }) => `${spec?.nodeName} ${status?.attached}${metadata.deletionTimestamp ? ' deleting' : ''}`,
  );

const eventsOf = async ({ client }: TestCluster, name: string): Promise<readonly string[]> =>
  (await client.list(EVENTS, { namespace })).items
    .filter(({ involvedObject }) => involvedObject?.name === name)
    .map(({ type, reason, message }) => `${type} ${reason} ${message}`);

/** What the node's kubelet says that it has mounted, and whether it is alive. */
async function report(cluster: TestCluster, name: string, volumesInUse: readonly string[], ready = true): Promise<Node> {
  const node = await cluster.client.get(NODES, { name });
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }];
  const written = await cluster.client.updateStatus(NODES, { ...node, status: { ...node.status, volumesInUse, conditions } });
  await cluster.settled();
  return written;
}

describe('attach and detach', () => {
  test('a volume is attached for its pod, told once, and shown in the status of its node; detached when the pod is gone', async () => {
    await using cluster = await start();
    await addPod(cluster, 'web-0', 'n1');
    const [attachment] = (await cluster.client.list(VOLUMEATTACHMENTS)).items;
    expect(attachment).toMatchObject({
      // As `printf handle-1disk.example.comn1 | sha256sum` has it.
      metadata: { name: 'csi-cfb8749eecc2677572bb3d24366ec7e1299d848aae9c630388b32ddb528dfefb' },
      spec: { attacher: DRIVER, nodeName: 'n1', source: { persistentVolumeName: 'pv' } },
    });
    await attacherWorks(cluster);
    await attacherWorks(cluster);
    expect(await eventsOf(cluster, 'web-0')).toEqual(['Normal SuccessfulAttachVolume AttachVolume.Attach succeeded for volume "pv" ']);
    expect((await cluster.client.get(NODES, { name: 'n1' })).status?.volumesAttached).toEqual([{ name: UNIQUE, devicePath: '' }]);
    // Two pods of one node share it.
    await addPod(cluster, 'web-1', 'n1');
    expect(await eventsOf(cluster, 'web-1')).toEqual([]);
    await removePod(cluster, 'web-0');
    expect(await attachments(cluster)).toEqual(['n1 true']);
    await removePod(cluster, 'web-1');
    expect(await attachments(cluster)).toEqual(['n1 true deleting']);
    expect((await cluster.client.get(NODES, { name: 'n1' })).status?.volumesAttached ?? []).toEqual([]);
    await attacherWorks(cluster);
    expect(await attachments(cluster)).toEqual([]);
  });

  test('what the kubelet has mounted is waited for as long as the node is ready', async () => {
    await using cluster = await start();
    await addPod(cluster, 'web-0', 'n1');
    await attacherWorks(cluster);
    await report(cluster, 'n1', [UNIQUE]);
    await removePod(cluster, 'web-0');
    await cluster.clock.advance(3_600_000);
    expect(await attachments(cluster)).toEqual(['n1 true']);
    await report(cluster, 'n1', []);
    expect(await attachments(cluster)).toEqual(['n1 true deleting']);
  });

  test('a lost node: multi-attach error once, force detach after six minutes, then the new node gets the volume', async () => {
    await using cluster = await start();
    await addPod(cluster, 'web-0', 'n1');
    await attacherWorks(cluster);
    await report(cluster, 'n1', [UNIQUE], false);
    await addPod(cluster, 'web-1', 'n2');
    expect(await eventsOf(cluster, 'web-1')).toEqual([
      'Warning FailedAttachVolume Multi-Attach error for volume "pv" Volume is already used by pod(s) web-0',
    ]);
    await removePod(cluster, 'web-0');
    await cluster.clock.advance(359_000);
    expect(await attachments(cluster)).toEqual(['n1 true']);
    await cluster.clock.advance(2000);
    expect(await attachments(cluster)).toEqual(['n1 true deleting']);
    // The driver has the last word: until it has let go, nobody else gets the volume.
    await cluster.clock.advance(60_000);
    expect(await attachments(cluster)).toEqual(['n1 true deleting']);
    await attacherWorks(cluster);
    await attacherWorks(cluster);
    expect(await attachments(cluster)).toEqual(['n2 true']);
    expect(await eventsOf(cluster, 'web-1')).toEqual([
      'Warning FailedAttachVolume Multi-Attach error for volume "pv" Volume is already used by pod(s) web-0',
      'Normal SuccessfulAttachVolume AttachVolume.Attach succeeded for volume "pv" ',
    ]);
  });

  test('the words where no pod uses it any more', async () => {
    await using cluster = await start();
    await addPod(cluster, 'web-0', 'n1');
    await attacherWorks(cluster);
    await report(cluster, 'n1', [UNIQUE], false);
    await removePod(cluster, 'web-0');
    await addPod(cluster, 'web-1', 'n2');
    expect(await eventsOf(cluster, 'web-1')).toEqual([
      'Warning FailedAttachVolume Multi-Attach error for volume "pv" Volume is already exclusively attached to one node and can\'t be attached to another',
    ]);
  });

  test('the out-of-service taint detaches at once', async () => {
    await using cluster = await start();
    await addPod(cluster, 'web-0', 'n1');
    await attacherWorks(cluster);
    const node = await report(cluster, 'n1', [UNIQUE], false);
    await removePod(cluster, 'web-0');
    expect(await attachments(cluster)).toEqual(['n1 true']);
    const taints = [{ key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' }];
    await cluster.client.update(NODES, { ...node, spec: { ...node.spec, taints } });
    await cluster.settled();
    expect(await attachments(cluster)).toEqual(['n1 true deleting']);
  });

  test('a node that was deleted: what it had mounted is waited for six minutes', async () => {
    await using cluster = await start();
    await addPod(cluster, 'web-0', 'n1');
    await attacherWorks(cluster);
    await report(cluster, 'n1', [UNIQUE]);
    await cluster.client.delete(NODES, { name: 'n1' });
    await removePod(cluster, 'web-0');
    expect(await attachments(cluster)).toEqual(['n1 true']);
    await cluster.clock.advance(361_000);
    expect(await attachments(cluster)).toEqual(['n1 true deleting']);
  });

  test('a volume for many is attached to many', async () => {
    await using cluster = await start(['ReadWriteMany']);
    await addPod(cluster, 'web-0', 'n1');
    await addPod(cluster, 'web-1', 'n2');
    expect((await attachments(cluster)).toSorted()).toEqual(['n1 undefined', 'n2 undefined']);
  });

  test("the attacher's failures are told, each once, and that it takes too long", async () => {
    await using cluster = await start();
    await addPod(cluster, 'web-0', 'n1');
    const [attachment] = (await cluster.client.list(VOLUMEATTACHMENTS)).items;
    const attachError = { time: '2026-01-01T00:00:00Z', message: 'rpc error: code = Internal desc = no such disk' };
    if (attachment) await cluster.client.updateStatus(VOLUMEATTACHMENTS, { ...attachment, status: { attached: false, attachError } });
    await cluster.clock.advance(130_000);
    expect(await eventsOf(cluster, 'web-0')).toEqual([
      'Warning FailedAttachVolume AttachVolume.Attach failed for volume "pv" : rpc error: code = Internal desc = no such disk',
      `Warning FailedAttachVolume AttachVolume.Attach failed for volume "pv" : timed out waiting for external-attacher of ${DRIVER} CSI driver to attach volume handle-1`,
    ]);
  });

  test('drivers that need no attaching, and nodes that attach for themselves, are left alone', async () => {
    await using cluster = await start();
    await cluster.client.create(CSIDRIVERS, { metadata: { name: DRIVER }, spec: { attachRequired: false } });
    await addPod(cluster, 'web-0', 'n1');
    await cluster.clock.advance(10_000);
    expect(await attachments(cluster)).toEqual([]);
    await cluster.client.delete(CSIDRIVERS, { name: DRIVER });
    await cluster.client.create(NODES, { metadata: { name: 'n3' } });
    await addPod(cluster, 'web-3', 'n3');
    expect((await attachments(cluster)).some((text) => text.startsWith('n3'))).toBe(false);
  });

  test('words of a conflict: names where they are in the same namespace, numbers where not', () => {
    const pod = (name: string, inNamespace: string): Pod => ({ metadata: { name, namespace: inNamespace } });
    const messages = (users: readonly Pod[]): readonly string[] => {
      const { steps } = decide({
        volume: { metadata: { name: 'pv' }, spec: { accessModes: ['ReadWriteOnce'] } },
        csi: { driver: DRIVER, handle: 'h' },
        wanted: new Map([
          ['n1', users],
          ['n2', [pod('web-9', namespace)]],
        ]),
        attachments: [{ metadata: { name: 'a' }, spec: { attacher: DRIVER, nodeName: 'n1', source: {} } }],
        node: () => undefined,
        lastInUse: () => [],
        unwantedSinceMs: () => 0,
        nowMs: 0,
      });
      return steps.flatMap((step) => (step.kind === 'conflict' ? [...step.messages.values()] : []));
    };
    const prefix = 'Multi-Attach error for volume "pv" Volume is already used by';
    expect(messages([pod('a', namespace), pod('b', namespace)])).toEqual([`${prefix} pod(s) a, b`]);
    expect(messages([pod('a', namespace), pod('b', 'x'), pod('c', 'x')])).toEqual([
      `${prefix} pod(s) a and 2 pod(s) in different namespaces`,
    ]);
    expect(messages([pod('b', 'x')])).toEqual([`${prefix} 1 pod(s) in different namespaces`]);
  });
});
