// The Node object as a kubelet registers it, and the conditions that it reports. Pure.
import { arch, release } from 'node:os';
import { formatTime } from '@holdfast/clock';
import { KUBELET_CERTIFICATE, type Node, type NodeCondition, type NodeStatus, Quantity, type Taint } from '@holdfast/schema';

export interface NodeFacts {
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly podCidr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Pick<Taint, 'key' | 'value' | 'effect'>[];
  /** cpu in cores, memory in bytes, number of pods; further resources by name in units. */
  readonly capacity: { readonly cpu: number; readonly memory: number; readonly pods: number };
  /** Where the kubelet's API is served, if it is; and SHA-256 of the certificate that it shows there. */
  readonly kubelet?: { readonly port: number; readonly certificate: string } | undefined;
  /** 32 hexadecimal digits that stay the same for the node's life. */
  readonly machineId: string;
}

/** A kubelet's port, which kubelets say they have. */
const KUBELET_PORT = 10_250;
const VERSION = 'v1.32.4';
const RUNTIME_VERSION = 'holdfast://0.1.0';

/** Node architectures in Go's words. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  ia32: '386',
  arm: 'arm',
  ppc64: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
};

export function architecture(): string {
  return ARCHITECTURES[arch()] ?? arch();
}

/** What the node can give to pods: all of its capacity. */
export function allocatableOf({ capacity }: Pick<NodeFacts, 'capacity'>): Readonly<Record<string, string>> {
  return {
    cpu: milliCpu(capacity.cpu),
    memory: Quantity.of(Math.floor(capacity.memory), 'BinarySI').toString(),
    pods: String(capacity.pods),
  };
}

/** The labels that every kubelet sets, under those that the node was given. */
export function nodeLabels({ nodeName, labels }: Pick<NodeFacts, 'nodeName' | 'labels'>): Readonly<Record<string, string>> {
  return {
    'beta.kubernetes.io/arch': architecture(),
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture(),
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
    ...labels,
  };
}

/** The annotations that the agent keeps as they are here. */
export function nodeAnnotations({ kubelet }: Pick<NodeFacts, 'kubelet'>): Readonly<Record<string, string>> {
  return kubelet ? { [KUBELET_CERTIFICATE]: kubelet.certificate } : {};
}

export function nodeObject(facts: NodeFacts, status: NodeStatus): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: facts.nodeName,
      labels: nodeLabels(facts),
      annotations: {
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
        ...nodeAnnotations(facts),
      },
    },
    spec: { podCIDR: facts.podCidr, podCIDRs: [facts.podCidr], ...(facts.taints.length > 0 ? { taints: facts.taints } : {}) },
    status,
  };
}

/** What the node has at the moment. */
export interface NodeHoldings {
  readonly images?: NodeStatus['images'];
  readonly volumesInUse?: readonly string[];
}

/** The status of a healthy node at `nowMs`; times of conditions that have not changed are kept from `old`. */
export function nodeStatus(
  facts: NodeFacts,
  { images, volumesInUse = [] }: NodeHoldings,
  old: NodeStatus | undefined,
  nowMs: number,
): NodeStatus {
  const allocatable = allocatableOf(facts);
  return {
    ...old,
    capacity: allocatable,
    allocatable,
    conditions: conditions(old?.conditions ?? [], formatTime(nowMs)),
    addresses: [
      { type: 'InternalIP', address: facts.nodeIp },
      { type: 'Hostname', address: facts.nodeName },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: facts.kubelet?.port ?? KUBELET_PORT } },
    nodeInfo: {
      machineID: facts.machineId,
      systemUUID: facts.machineId,
      bootID: facts.machineId,
      kernelVersion: release(),
      osImage: 'Holdfast',
      containerRuntimeVersion: RUNTIME_VERSION,
      kubeletVersion: VERSION,
      kubeProxyVersion: VERSION,
      operatingSystem: 'linux',
      architecture: architecture(),
    },
    // The server drops empty lists, and a status must compare equal to what the server made of it.
    images: images && images.length > 0 ? images : undefined,
    volumesInUse: volumesInUse.length > 0 ? volumesInUse : undefined,
  };
}

function conditions(old: readonly NodeCondition[], now: string): readonly NodeCondition[] {
  const healthy: readonly NodeCondition[] = [
    { type: 'MemoryPressure', status: 'False', reason: 'KubeletHasSufficientMemory', message: 'kubelet has sufficient memory available' },
    { type: 'DiskPressure', status: 'False', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' },
    { type: 'PIDPressure', status: 'False', reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available' },
    { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
  ];
  const own = healthy.map((condition) => {
    const before = old.find(({ type }) => type === condition.type);
    return {
      ...condition,
      lastHeartbeatTime: now,
      lastTransitionTime: before?.status === condition.status ? (before.lastTransitionTime ?? now) : now,
    };
  });
  return [...old.filter(({ type }) => !healthy.some((condition) => condition.type === type)), ...own];
}

function milliCpu(cores: number): string {
  const milli = Math.round(cores * 1000);
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
}
