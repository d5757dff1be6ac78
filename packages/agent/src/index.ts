export type { AgentHandle, AgentOptions, NodeListener } from './agent.ts';
export { createAgent } from './agent.ts';
export type { ClusterDnsOptions } from './dns/cluster-dns.ts';
export { clusterDns } from './dns/cluster-dns.ts';
export type { LookupOptions } from './dns/lookup.ts';
export { lookup } from './dns/lookup.ts';
export { serviceProxy } from './network/service-proxy.ts';
export { podRangePrefix } from './node/address-pool.ts';
export type { HostMount } from './node/host-paths.ts';
// Runtimes
export { reapOrphans } from './runtime/process/orphans.ts';
export type { ProcessRuntime, ProcessRuntimeOptions } from './runtime/process/process-runtime.ts';
export { processRuntime } from './runtime/process/process-runtime.ts';
export type {
  ContainerExit,
  ContainerLog,
  ContainerSite,
  ContainerSpec,
  Mount,
  ProbeAction,
  ProbeOutcome,
  ProbePurpose,
  RunningContainer,
  Runtime,
  RuntimeImage,
} from './runtime/runtime.ts';
export { ContainerStartError, ImagePullError } from './runtime/runtime.ts';
export type { SimulatedBehaviour, SimulatedContainer, SimulatedRuntime, SimulatedScript } from './runtime/simulated/simulated-runtime.ts';
export { simulatedRuntime } from './runtime/simulated/simulated-runtime.ts';
