// What FailedScheduling says, word for word, reason by reason.
import { CSIDRIVERS, CSINODES, CSISTORAGECAPACITIES, PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, STORAGECLASSES } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { startTestScheduler, type TestScheduler, using } from './test/test-scheduler.ts';

const BOUND = { 'pv.kubernetes.io/bind-completed': 'yes' };
const NOT_HELPFUL = (count: number, of = count): string =>
  `preemption: 0/${of} nodes are available: ${count} Preemption is not helpful for scheduling.`;
const NO_VICTIMS = (count: number): string =>
  `preemption: 0/${count} nodes are available: ${count} No preemption victims found for incoming pod.`;

type Make = (sim: TestScheduler) => Promise<unknown>;
const twoNodes: Make = async (sim) => {
  await sim.node('n1');
  await sim.node('n2');
};
const labels = { app: 'web' };
const waiting = { metadata: { name: 'waiting' }, provisioner: 'x.example.com', volumeBindingMode: 'WaitForFirstConsumer' };
const local = { metadata: { name: 'local' }, provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'WaitForFirstConsumer' };

/** What is there, the pod `p`, and what is said about it. */
const CASES: readonly (readonly [string, Make, string])[] = [
  ['no nodes', (sim) => sim.pod('p'), 'no nodes available to schedule pods'],
  [
    'too little cpu, memory and an extended resource, sorted by text',
    async (sim) => {
      await twoNodes(sim);
      const requests = { cpu: '5', memory: '9Gi', 'example.com/gpu': '1' };
      await sim.pod('p', { containers: [{ name: 'c', image: 'db:1', resources: { requests, limits: { 'example.com/gpu': '1' } } }] });
    },
    `0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient example.com/gpu, 2 Insufficient memory. ${NO_VICTIMS(2)}`,
  ],
  [
    'requests of init containers and sidecars',
    async (sim) => {
      await twoNodes(sim);
      const cpu = (amount: string) => ({ image: 'db:1', resources: { requests: { cpu: amount } } });
      await sim.pod('p', {
        initContainers: [
          { name: 'side', restartPolicy: 'Always', ...cpu('2') },
          { name: 'init', ...cpu('2500m') },
        ],
        containers: [{ name: 'c', ...cpu('1') }],
      });
    },
    `0/2 nodes are available: 2 Insufficient cpu. ${NO_VICTIMS(2)}`,
  ],
  [
    'as many pods as the node may have',
    async (sim) => {
      await sim.node('n1', { status: { allocatable: { pods: '1' } } });
      await sim.pod('first');
      await sim.settled();
      await sim.pod('p');
    },
    `0/1 nodes are available: 1 Too many pods. ${NO_VICTIMS(1)}`,
  ],
  [
    'taints, with and without a value, and a cordon',
    async (sim) => {
      await sim.node('n1', { spec: { taints: [{ key: 'maintenance', effect: 'NoExecute' }] } });
      await sim.node('n2', { spec: { taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] } });
      await sim.node('n3', { spec: { unschedulable: true } });
      await sim.pod('p', { tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'cache' }] });
    },
    `0/3 nodes are available: 1 node(s) had untolerated taint {dedicated: db}, 1 node(s) had untolerated taint {maintenance: }, 1 node(s) were unschedulable. ${NOT_HELPFUL(3)}`,
  ],
  [
    'node affinity and selector',
    async (sim) => {
      await twoNodes(sim);
      await sim.pod('p', { nodeSelector: { disk: 'ssd' } });
    },
    `0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. ${NOT_HELPFUL(2)}`,
  ],
  [
    'pod affinity',
    async (sim) => {
      await twoNodes(sim);
      const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'cache' } } };
      await sim.pod('p', { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } });
    },
    `0/2 nodes are available: 2 node(s) didn't match pod affinity rules. ${NOT_HELPFUL(2)}`,
  ],
  [
    "pod anti-affinity, one's own",
    async (sim) => {
      await sim.node('n1');
      const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } };
      const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
      await sim.pod('first', { affinity }, { labels });
      await sim.settled();
      await sim.pod('p', { affinity }, { labels });
    },
    `0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules. ${NO_VICTIMS(1)}`,
  ],
  [
    'pod anti-affinity of a pod that is there',
    async (sim) => {
      await sim.node('n1');
      const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } };
      await sim.pod('first', { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } });
      await sim.settled();
      await sim.pod('p', {}, { labels });
    },
    `0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules. ${NO_VICTIMS(1)}`,
  ],
  [
    'topology spread: too uneven, and a node without the label',
    async (sim) => {
      await sim.node('n1', { labels: { zone: 'a' } });
      await sim.node('n2', { labels: { zone: 'b' }, spec: { unschedulable: true } });
      await sim.node('n3');
      const spread = [{ topologyKey: 'zone', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: labels } }];
      await sim.pod('first', { topologySpreadConstraints: spread }, { labels });
      await sim.settled();
      await sim.pod('p', { topologySpreadConstraints: spread }, { labels });
    },
    "0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) didn't match pod topology spread constraints (missing required label), 1 node(s) were unschedulable. preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
  ],
  [
    'ports of the host',
    async (sim) => {
      await sim.node('n1');
      const containers = [{ name: 'c', image: 'db:1', ports: [{ containerPort: 80, hostPort: 80 }] }];
      await sim.pod('first', { containers });
      await sim.settled();
      await sim.pod('p', { containers });
    },
    `0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. ${NO_VICTIMS(1)}`,
  ],
  [
    'a claim that does not exist',
    async (sim) => {
      await twoNodes(sim);
      await sim.pod('p', using('data'));
    },
    `0/2 nodes are available: persistentvolumeclaim "data" not found. ${NOT_HELPFUL(2)}`,
  ],
  [
    'an unbound claim of a class that binds at once',
    async (sim) => {
      await twoNodes(sim);
      await sim.claim('data', { spec: { storageClassName: '' } });
      await sim.pod('p', using('data'));
    },
    `0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. ${NOT_HELPFUL(2)}`,
  ],
  [
    'a claim that has lost its volume',
    async (sim) => {
      await twoNodes(sim);
      await sim.claim('data', {
        spec: { volumeName: 'gone', storageClassName: '' },
        metadata: { annotations: BOUND },
        status: { phase: 'Lost' },
      });
      await sim.pod('p', using('data'));
    },
    `0/2 nodes are available: persistentvolumeclaim "data" bound to non-existent persistentvolume "gone". ${NOT_HELPFUL(2)}`,
  ],
  [
    'a claim that is being deleted',
    async (sim) => {
      await twoNodes(sim);
      await sim.claim('data', { metadata: { finalizers: ['example.com/keep'] } });
      await sim.client.delete(PERSISTENTVOLUMECLAIMS, { namespace: 'default', name: 'data' });
      await sim.pod('p', using('data'));
    },
    `0/2 nodes are available: persistentvolumeclaim "data" is being deleted. ${NOT_HELPFUL(2)}`,
  ],
  [
    'a generic ephemeral volume whose claim is not there yet',
    async (sim) => {
      await twoNodes(sim);
      const volumeClaimTemplate = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
      await sim.pod('p', { volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate } }] });
    },
    `0/2 nodes are available: waiting for ephemeral volume controller to create the persistentvolumeclaim "p-scratch". ${NOT_HELPFUL(2)}`,
  ],
  [
    'a bound volume that is elsewhere',
    async (sim) => {
      await twoNodes(sim);
      const terms = [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n9'] }] }];
      const claim = await sim.claim('data', { spec: { volumeName: 'pv', storageClassName: '' }, metadata: { annotations: BOUND } });
      await sim.volume('pv', {
        claimRef: { namespace: 'default', name: 'data', uid: claim.metadata.uid },
        nodeAffinity: { required: { nodeSelectorTerms: terms } },
      });
      await sim.pod('p', using('data'));
    },
    `0/2 nodes are available: 2 node(s) had volume node affinity conflict. ${NOT_HELPFUL(2)}`,
  ],
  [
    'a bound volume that does not exist',
    async (sim) => {
      await twoNodes(sim);
      await sim.claim('data', { spec: { volumeName: 'pv', storageClassName: '' }, metadata: { annotations: BOUND } });
      await sim.pod('p', using('data'));
    },
    `0/2 nodes are available: 2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s). ${NOT_HELPFUL(2)}`,
  ],
  [
    'no volume of a class without a provisioner',
    async (sim) => {
      await twoNodes(sim);
      await sim.client.create(STORAGECLASSES, local);
      await sim.claim('data', { spec: { storageClassName: 'local' } });
      await sim.pod('p', using('data'));
    },
    `0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. ${NOT_HELPFUL(2)}`,
  ],
  [
    'a class that may not provision there',
    async (sim) => {
      await twoNodes(sim);
      const allowedTopologies = [{ matchLabelExpressions: [{ key: 'zone', values: ['a'] }] }];
      await sim.client.create(STORAGECLASSES, { ...waiting, allowedTopologies });
      await sim.claim('data', { spec: { storageClassName: 'waiting' } });
      await sim.pod('p', using('data'));
    },
    `0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. ${NOT_HELPFUL(2)}`,
  ],
  [
    'a driver that has too little room',
    async (sim) => {
      await twoNodes(sim);
      await sim.client.create(STORAGECLASSES, waiting);
      await sim.client.create(CSIDRIVERS, { metadata: { name: 'x.example.com' }, spec: { storageCapacity: true } });
      await sim.client.create(CSISTORAGECAPACITIES, {
        metadata: { name: 'c1', namespace: 'default' },
        storageClassName: 'waiting',
        nodeTopology: {},
        capacity: '5Gi',
        maximumVolumeSize: '512Mi',
      });
      await sim.claim('data', { spec: { storageClassName: 'waiting' } });
      await sim.pod('p', using('data'));
    },
    `0/2 nodes are available: 2 node(s) did not have enough free storage. ${NOT_HELPFUL(2)}`,
  ],
  [
    'a claim for one pod that another has',
    async (sim) => {
      await sim.node('n1');
      const claim = await sim.claim('data', {
        spec: { accessModes: ['ReadWriteOncePod'], volumeName: 'pv', storageClassName: '' },
        metadata: { annotations: BOUND },
      });
      await sim.volume('pv', {
        csi: { driver: 'x.example.com', volumeHandle: 'h' },
        accessModes: ['ReadWriteOncePod'],
        claimRef: { namespace: 'default', name: 'data', uid: claim.metadata.uid },
      });
      await sim.pod('first', using('data'));
      await sim.settled();
      await sim.pod('p', using('data'));
    },
    `0/1 nodes are available: 1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode. ${NO_VICTIMS(1)}`,
  ],
  [
    'as many volumes of a driver as the node can attach',
    async (sim) => {
      await sim.node('n1');
      await sim.client.create(CSINODES, {
        metadata: { name: 'n1' },
        spec: { drivers: [{ name: 'x.example.com', nodeID: 'n1', topologyKeys: [], allocatable: { count: 1 } }] },
      });
      for (const name of ['a', 'b']) {
        const claim = await sim.claim(name, { spec: { volumeName: `pv-${name}`, storageClassName: '' }, metadata: { annotations: BOUND } });
        await sim.volume(`pv-${name}`, {
          csi: { driver: 'x.example.com', volumeHandle: name },
          claimRef: { namespace: 'default', name, uid: claim.metadata.uid },
        });
      }
      await sim.pod('first', using('a'));
      await sim.settled();
      await sim.pod('p', using('b'));
    },
    `0/1 nodes are available: 1 node(s) exceed max volume count. ${NO_VICTIMS(1)}`,
  ],
  [
    'a volume of another zone',
    async (sim) => {
      await sim.node('n1', { labels: { 'topology.kubernetes.io/zone': 'a' } });
      const claim = await sim.claim('data', { spec: { volumeName: 'pv', storageClassName: '' }, metadata: { annotations: BOUND } });
      const claimRef = { namespace: 'default', name: 'data', uid: claim.metadata.uid };
      await sim.volume('pv', { claimRef }, { labels: { 'topology.kubernetes.io/zone': 'b__c' } });
      await sim.pod('p', using('data'));
    },
    `0/1 nodes are available: 1 node(s) had no available volume zone. ${NOT_HELPFUL(1)}`,
  ],
];

describe('FailedScheduling', () => {
  test.each(CASES)('%s', async (_name, make, message) => {
    await using sim = await startTestScheduler();
    await make(sim);
    await sim.settled();
    expect(await sim.refusal('p')).toBe(message);
    expect(await sim.events('p')).toEqual([`Warning FailedScheduling ${message}`]);
  });

  test('the binding that follows says where; a volume that comes later makes the pod schedulable', async () => {
    await using sim = await startTestScheduler();
    await sim.node('n1');
    await sim.client.create(STORAGECLASSES, local);
    await sim.claim('data', { spec: { storageClassName: 'local' } });
    await sim.pod('p', using('data'));
    await sim.settled();
    expect(await sim.nodeOf('p')).toBe('');
    await sim.volume('pv', { storageClassName: 'local' });
    await sim.clock.advance(2000);
    // The scheduler has reserved the volume; completing the binding is the binder's.
    expect((await sim.client.get(PERSISTENTVOLUMES, { name: 'pv' })).spec?.claimRef?.name).toBe('data');
    expect(await sim.nodeOf('p')).toBe('');
    const claim = await sim.client.get(PERSISTENTVOLUMECLAIMS, { namespace: 'default', name: 'data' });
    await sim.client.update(PERSISTENTVOLUMECLAIMS, {
      ...claim,
      metadata: { ...claim.metadata, annotations: BOUND },
      spec: { ...claim.spec, volumeName: 'pv' },
    });
    await sim.settled();
    expect(await sim.nodeOf('p')).toBe('n1');
    expect(await sim.events('p')).toContain('Normal Scheduled Successfully assigned default/p to n1');
  });
});
