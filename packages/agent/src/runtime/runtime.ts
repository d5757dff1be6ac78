// What the agent needs from whatever runs containers. The agent decides when; a runtime only knows how.
import type { Clock } from '@holdfast/clock';
import type {
  ExecAction,
  ExecOptions,
  ExecResult,
  ExecStreams,
  GRPCAction,
  HTTPGetAction,
  LogOptions,
  TCPSocketAction,
} from '@holdfast/schema';

/** An image that the runtime can start containers of. */
export interface RuntimeImage {
  /** As the pod names it, e.g. 'cockroachdb/cockroach:v24.3.2'. */
  readonly reference: string;
  /** Goes into containerStatuses[].imageID: 'bundle://…', 'understudy://…', 'simulated://…'. */
  readonly id: string;
  /** Set when a program of ours stands in for the image: the sentence that says so. */
  readonly understudy?: string;
}

/** The node's side of a container: where its state lives and what it is told about its cluster. */
export interface ContainerSite {
  readonly nodeName: string;
  /** Folder of the pod on this node; the runtime keeps the container's root and logs below it. */
  readonly podFolder: string;
  /** Ends the life of helpers such as probes; not the container's. */
  readonly clock: Clock;
}

/** A folder or file of the host that appears in the container. */
export interface Mount {
  readonly mountPath: string;
  readonly hostPath: string;
  readonly readOnly: boolean;
}

/** A container ready to be started: everything is resolved, nothing is looked up any more. */
export interface ContainerSpec {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly container: string;
  /** 0 for the first start; the log of the run before is kept under the number before. */
  readonly restartCount: number;
  readonly image: RuntimeImage;
  /** Absent: the image's own. */
  readonly command?: readonly string[] | undefined;
  readonly args?: readonly string[] | undefined;
  readonly workingDir?: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly podIp: string;
  readonly hostname: string;
  readonly terminationMessagePath: string;
  readonly terminationMessagePolicy: string;
}

/** How a container ended. `reason` is set where it is neither Completed nor Error. */
export interface ContainerExit {
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
}

/** What a probe or a hook does. Ports are numbers already. */
export type ProbeAction =
  | { readonly kind: 'exec'; readonly exec: ExecAction }
  | { readonly kind: 'httpGet'; readonly httpGet: HTTPGetAction; readonly port: number }
  | { readonly kind: 'tcpSocket'; readonly tcpSocket: TCPSocketAction; readonly port: number }
  | { readonly kind: 'grpc'; readonly grpc: GRPCAction };

/** What a check is for; a scripted runtime answers differently to each. */
export type ProbePurpose = 'startup' | 'liveness' | 'readiness' | 'hook';

/** `message` says why, in the words that events carry. */
export interface ProbeOutcome {
  readonly success: boolean;
  readonly message: string;
}

/** The log of one run of a container; readable for as long as the pod's folder is there. */
export interface ContainerLog {
  read(options: LogOptions, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** A container that was started. */
export interface RunningContainer {
  /** '<runtime>://<hex>', unique. */
  readonly id: string;
  readonly log: ContainerLog;
  /** Resolves once, when nothing of the container runs any more. Never rejects. */
  readonly exited: Promise<ContainerExit>;
  /** SIGTERM now, SIGKILL after `graceMs`. Resolves like `exited`. Calling again with less time shortens the wait. */
  stop(graceMs: number): Promise<ContainerExit>;
  exec(options: ExecOptions, streams: ExecStreams): Promise<ExecResult>;
  /** Never rejects: what goes wrong is an outcome. */
  probe(purpose: ProbePurpose, action: ProbeAction, timeoutMs: number): Promise<ProbeOutcome>;
}

/** The image is not to be had. The message says what to do. */
export class ImagePullError extends Error {
  override readonly name = 'ImagePullError';
}

/** The container could not be made or run; `reason` is the waiting reason: CreateContainerError or RunContainerError. */
export class ContainerStartError extends Error {
  override readonly name = 'ContainerStartError';
  readonly reason: 'CreateContainerError' | 'RunContainerError';

  constructor(reason: 'CreateContainerError' | 'RunContainerError', message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Runs containers. One runtime may serve many nodes. */
export interface Runtime {
  readonly name: 'process' | 'simulated' | 'oci';
  /** Whether containers see files: without, volumes are checked for existence in the API only and nothing is written. */
  readonly usesFiles: boolean;
  /** Images for Node.status.images. */
  images(): readonly { readonly names: readonly string[]; readonly sizeBytes: number }[];
  /** The image if it is at hand without a pull. */
  findImage(reference: string): RuntimeImage | undefined;
  /** Fetches an image. Throws ImagePullError. */
  pullImage(reference: string, signal: AbortSignal): Promise<RuntimeImage>;
  /** Makes and starts a container. Throws ContainerStartError. */
  start(spec: ContainerSpec, site: ContainerSite, signal: AbortSignal): Promise<RunningContainer>;
  /** Whether a path exists on a simulated node; asked only where `usesFiles` is false. */
  pathExists?(nodeName: string, path: string): boolean;
}
