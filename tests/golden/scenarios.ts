// Twelve ways in which a workload is stuck or at risk: how each comes about, what a user types, and where the words come from.
import type { SimulatedScript } from '@holdfast/agent';
import {
  PERSISTENTVOLUMECLAIMS,
  PERSISTENTVOLUMES,
  PODDISRUPTIONBUDGETS,
  PODS,
  STATEFULSETS,
  STORAGECLASSES,
  VOLUMEATTACHMENTS,
} from '@holdfast/schema';
import type { GoldenCluster } from './cluster.ts';
import { LOCAL, localVolume, namespace, podOf, setOf } from './objects.ts';

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Files of Kubernetes 1.32 that have the words, or what was seen on a real cluster. */
  readonly sources: readonly string[];
  readonly nodes?: number;
  readonly script?: SimulatedScript;
  readonly happens: (cluster: GoldenCluster) => Promise<unknown>;
  readonly commands: readonly string[];
}

const EVENTS = 'kubectl get events';
const SCHEDULER = 'pkg/scheduler/framework/types.go (FitError), pkg/scheduler/framework/preemption/preemption.go';
const STATEFULSET = 'pkg/controller/statefulset/stateful_pod_control.go';

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'unbound-claim',
    title: 'a claim without a class, and no default class: nobody will ever make a volume',
    sources: [
      'pkg/controller/volume/persistentvolume/pv_controller.go (FailedBinding)',
      `pkg/scheduler/framework/plugins/volumebinding; ${SCHEDULER}`,
    ],
    happens: async ({ client, pass }) => {
      await client.create(STATEFULSETS, setOf());
      await pass(20);
    },
    commands: ['kubectl describe pvc data-web-0', 'kubectl describe pod web-0', EVENTS],
  },
  {
    name: 'no-matching-volume',
    title: 'every volume of the class is too small',
    sources: ['pkg/scheduler/framework/plugins/volumebinding/binder.go (ErrReasonBindConflict)', SCHEDULER],
    happens: async ({ client, pass }) => {
      await client.create(STORAGECLASSES, LOCAL);
      await client.create(PERSISTENTVOLUMES, localVolume('disk-1', 'n1', '512Mi'));
      await client.create(STATEFULSETS, setOf({ storageClassName: 'local' }));
      await pass(20);
    },
    commands: ['kubectl describe pvc data-web-0', 'kubectl describe pod web-0', EVENTS],
  },
  {
    name: 'affinity-conflict',
    title: "the pod's volume is on a node that the pod must not run on",
    sources: ['pkg/scheduler/framework/plugins/volumebinding/binder.go (ErrReasonNodeConflict)', SCHEDULER],
    happens: async ({ client, ready, pass }) => {
      await client.create(STORAGECLASSES, LOCAL);
      await client.create(PERSISTENTVOLUMES, localVolume('disk-1', 'n1', '1Gi'));
      await client.create(STATEFULSETS, setOf({ storageClassName: 'local' }));
      await ready('web-0');
      const key = { namespace, name: 'web' };
      const body = { spec: { template: { spec: { nodeSelector: { 'kubernetes.io/hostname': 'n2' } } } } };
      await client.patch(STATEFULSETS, key, { type: 'merge', body });
      await pass(20);
    },
    commands: ['kubectl describe pod web-0', EVENTS],
  },
  {
    name: 'multi-attach',
    title: 'the volume is still attached to a node that was lost',
    sources: [
      'pkg/controller/volume/attachdetach/reconciler/reconciler.go (reportMultiAttachError)',
      'pkg/kubelet/volumemanager/volume_manager.go (WaitForAttachAndMount)',
    ],
    nodes: 3,
    happens: async (cluster) => {
      const { client, pass, ready, kill, pod } = cluster;
      await client.create(STORAGECLASSES, { metadata: { name: 'san' }, provisioner: 'disk.example.com' });
      await client.create(PERSISTENTVOLUMES, {
        metadata: { name: 'pvc-1' },
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'san',
          csi: { driver: 'disk.example.com', volumeHandle: 'disk-1' },
        },
      });
      await client.create(STATEFULSETS, setOf({ storageClassName: 'san' }));
      await pass(5);
      await attach(cluster);
      await ready('web-0');
      kill((await pod('web-0'))?.spec?.nodeName ?? '');
      await pass(60);
      await client.delete(PODS, { namespace, name: 'web-0' }, { gracePeriodSeconds: 0 });
      await pass(130);
    },
    commands: ['kubectl describe pod web-0', 'kubectl get volumeattachments', EVENTS],
  },
  {
    name: 'image-missing',
    title: 'nobody has the image',
    sources: ['pkg/kubelet/images/image_manager.go', 'the reason for the failed pull is that of the simulated runtime'],
    script: { hasImage: (reference) => reference !== 'db:2' },
    happens: async ({ client, pass }) => {
      await client.create(PODS, podOf('web', { image: 'db:2' }));
      await pass(60);
    },
    commands: ['kubectl describe pod web', 'kubectl get pod web', EVENTS],
  },
  {
    name: 'crash-loop',
    title: 'the program ends again and again',
    sources: ['pkg/kubelet/kuberuntime/kuberuntime_manager.go (doBackOff)'],
    script: { container: () => ({ exitAfterMs: 2000, exitCode: 1 }) },
    happens: async ({ client, pass }) => {
      await client.create(PODS, podOf('web'));
      await pass(90);
    },
    commands: ['kubectl describe pod web', 'kubectl get pod web', EVENTS],
  },
  {
    name: 'readiness-never',
    title: 'the pod runs and is never ready, so the next one is not made',
    sources: [
      'pkg/kubelet/prober/prober.go (Unhealthy); what the probe found is told by the simulated runtime',
      'pkg/kubelet/status/generate.go (ContainersNotReady)',
      STATEFULSET,
    ],
    script: { container: () => ({ readyAfterMs: 3_600_000 }) },
    happens: async ({ client, pass }) => {
      const container = { readinessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 10 } };
      await client.create(STATEFULSETS, setOf({ replicas: 3, claims: false, container }));
      await pass(60);
    },
    commands: ['kubectl describe pod web-0', 'kubectl describe statefulset web', 'kubectl get pods'],
  },
  {
    name: 'wedged-rollout',
    title: 'a bad image, taken back: the broken pod is never replaced (kubernetes/kubernetes#67250)',
    sources: [STATEFULSET, 'staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go', 'seen on a real 1.26 control plane'],
    script: { hasImage: (reference) => reference !== 'db:bad' },
    happens: async ({ client, ready, pass }) => {
      await client.create(STATEFULSETS, setOf({ replicas: 3, claims: false }));
      await ready('web-0', 'web-1', 'web-2');
      const image = (to: string): Promise<unknown> =>
        client.patch(
          STATEFULSETS,
          { namespace, name: 'web' },
          { type: 'json', operations: [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: to }] },
        );
      await image('db:bad');
      await pass(60);
      await image('db:1');
      await pass(600);
    },
    commands: [
      'kubectl rollout status statefulset/web --timeout=2s',
      'kubectl get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[0].image,WAITING:.status.containerStatuses[0].state.waiting.reason',
      'kubectl describe statefulset web',
    ],
  },
  {
    name: 'budget-blocked-drain',
    title: 'a drain waits, because a budget allows no disruption',
    sources: ['pkg/registry/core/pod/storage/eviction.go', 'staging/src/k8s.io/kubectl/pkg/drain/drain.go'],
    happens: async ({ client, ready, pass }) => {
      await client.create(STATEFULSETS, setOf({ replicas: 2, claims: false }));
      await ready('web-0', 'web-1');
      await client.create(PODDISRUPTIONBUDGETS, {
        metadata: { name: 'web', namespace },
        spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
      });
      await pass(5);
    },
    commands: [
      'kubectl drain n1 --ignore-daemonsets --timeout=2s',
      'kubectl describe poddisruptionbudget web',
      'kubectl get pods -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName,DELETED:.metadata.deletionTimestamp',
    ],
  },
  {
    name: 'dead-node',
    title: 'a node is lost: its pods are Terminating for ever, and nobody takes the place of a StatefulSet pod',
    sources: [
      'pkg/controller/nodelifecycle/node_lifecycle_controller.go',
      'pkg/controller/tainteviction/taint_eviction.go',
      'pkg/controller/util/node/controller_utils.go (NodeNotReady)',
    ],
    nodes: 3,
    happens: async ({ client, ready, pass, kill, pod }) => {
      await client.create(STATEFULSETS, setOf({ replicas: 2, claims: false }));
      await ready('web-0', 'web-1');
      kill((await pod('web-0'))?.spec?.nodeName ?? '');
      await pass(420);
    },
    commands: [
      'kubectl get nodes',
      'kubectl get pods',
      'kubectl describe pod web-0',
      'kubectl describe node $(kubectl get pod web-0 -o jsonpath={.spec.nodeName}) | sed -n "/^Taints/,/^Lease/p;/^Conditions/,/^Addresses/p;/^Events/,\\$p"',
      EVENTS,
    ],
  },
  {
    name: 'stuck-terminating',
    title: 'a claim that is deleted while its pod is there, and a pod with a finalizer that nobody takes away',
    sources: ['pkg/controller/volume/pvcprotection', 'staging/src/k8s.io/kubectl/pkg/describe/describe.go', SCHEDULER],
    happens: async ({ client, ready, pass }) => {
      await client.create(STORAGECLASSES, LOCAL);
      await client.create(PERSISTENTVOLUMES, localVolume('disk-1', 'n1', '1Gi'));
      await client.create(STATEFULSETS, setOf({ storageClassName: 'local' }));
      await client.create(PODS, { ...podOf('held'), metadata: { name: 'held', namespace, finalizers: ['example.com/backup'] } });
      await ready('web-0', 'held');
      await client.delete(PERSISTENTVOLUMECLAIMS, { namespace, name: 'data-web-0' });
      await client.delete(PODS, { namespace, name: 'held' });
      await pass(120);
    },
    commands: ['kubectl get pods,pvc', 'kubectl describe pvc data-web-0', 'kubectl describe pod held', EVENTS],
  },
  {
    name: 'busy-scale-down',
    title: 'scaling down a set whose pods take their time: one after the other from the top, and the claims stay',
    sources: [STATEFULSET, 'pkg/kubelet/kuberuntime/kuberuntime_container.go (Killing)'],
    script: { container: () => ({ stopMs: 3_600_000 }) },
    happens: async ({ client, ready, pass }) => {
      await client.create(STORAGECLASSES, LOCAL);
      for (const index of [1, 2, 3]) await client.create(PERSISTENTVOLUMES, localVolume(`disk-${index}`, 'n1', '1Gi'));
      await client.create(STATEFULSETS, setOf({ replicas: 3, storageClassName: 'local', pod: { terminationGracePeriodSeconds: 60 } }));
      await ready('web-0', 'web-1', 'web-2');
      await client.patch(STATEFULSETS, { namespace, name: 'web' }, { type: 'merge', body: { spec: { replicas: 1 } } });
      await pass(90);
    },
    commands: ['kubectl get pods,pvc', 'kubectl describe statefulset web', EVENTS],
  },
];

/** What a driver's attacher does. */
async function attach({ client, pass }: GoldenCluster): Promise<void> {
  for (const attachment of (await client.list(VOLUMEATTACHMENTS)).items)
    await client.updateStatus(VOLUMEATTACHMENTS, { ...attachment, status: { attached: true } });
  await pass(2);
}
