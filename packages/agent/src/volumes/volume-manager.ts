// The volumes of one pod: made before its containers, kept up to date while they run, removed after them.
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Client } from '@holdfast/client';
import type { Clock } from '@holdfast/clock';
import type { Container, Node, Pod, Volume } from '@holdfast/schema';
import { expand } from '../env/expand.ts';
import { hostsFileOf } from '../pods/hosts-file.ts';
import type { Mount, Runtime } from '../runtime/runtime.ts';
import { writeAtomically } from './atomic-writer.ts';
import { boundVolume, checkUsable, VolumeError, volumePath, type VolumeStage } from './claim.ts';
import { awaitAttached, noDriver } from './csi-volume.ts';
import { prepareHostPath } from './host-path.ts';
import type { VolumesInUse } from '../node/volumes-in-use.ts';
import { giveToGroup } from './ownership.ts';
import { hasPayload, type PayloadSources, payloadOf } from './payload.ts';

const HOSTS_PATH = '/etc/hosts';

export interface VolumeManagerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly runtime: Runtime;
  readonly podFolder: string;
  readonly nodePath: (path: string) => string;
  readonly node: () => Node;
  readonly podUid: string;
  readonly volumesInUse: VolumesInUse;
}

/** Why a volume is not in place; at the stage 'mount' in the words of a FailedMount event. */
export interface MountFailure {
  readonly volume: string;
  readonly message: string;
  /** Before 'mount' others are at work, so it is worth looking again soon. */
  readonly stage: VolumeStage;
}

export class VolumeManager {
  readonly #options: VolumeManagerOptions;
  /** Host folder (or file) of each volume that is in place. */
  readonly #places = new Map<string, string>();

  constructor(options: VolumeManagerOptions) {
    this.#options = options;
  }

  /** Puts all volumes that are not yet there in place. Failures are returned, one per volume; the others are made. */
  async mountAll(pod: Pod, sources: PayloadSources): Promise<readonly MountFailure[]> {
    const failures: MountFailure[] = [];
    for (const volume of pod.spec?.volumes ?? []) {
      if (this.#places.has(volume.name)) continue;
      try {
        const place = await this.#mount(volume, pod, sources);
        if (isOwned(volume, place, this.#options.podFolder)) this.#giveToGroup(volume, place, pod);
        this.#places.set(volume.name, place);
      } catch (error) {
        failures.push({
          volume: volume.name,
          message: failureMessage(volume, error),
          stage: error instanceof VolumeError ? error.stage : 'mount',
        });
      }
    }
    return failures;
  }

  /** Brings contents that come from the API up to date. Rejects with the first failure; the rest keeps its old content. */
  async refresh(pod: Pod, sources: PayloadSources): Promise<void> {
    for (const volume of pod.spec?.volumes ?? []) {
      const place = this.#places.get(volume.name);
      if (place === undefined || !hasPayload(volume)) continue;
      await this.#writePayload(volume, place, sources);
      this.#giveToGroup(volume, place, pod);
    }
  }

  /** The mounts of a container. Throws a plain Error for a subPath that cannot be used. */
  mountsOf(container: Container, env: Readonly<Record<string, string>>): readonly Mount[] {
    const own = (container.volumeMounts ?? []).map((mount) => {
      const place = this.#places.get(mount.name);
      if (place === undefined) throw new Error(`volume "${mount.name}" of mount ${mount.mountPath} is not there`);
      const subPath = mount.subPathExpr ? expand(mount.subPathExpr, (name) => env[name]) : mount.subPath;
      const hostPath = subPath ? this.#subPath(place, subPath) : place;
      return { mountPath: posix.resolve('/', mount.mountPath), hostPath, readOnly: mount.readOnly ?? false };
    });
    // The kubelet manages the hosts file unless the pod mounts one of its own.
    const hosts = { mountPath: HOSTS_PATH, hostPath: hostsFileOf(this.#options.podFolder), readOnly: false };
    return !this.#options.runtime.usesFiles || own.some(({ mountPath }) => mountPath === HOSTS_PATH) ? own : [...own, hosts];
  }

  /** Removes what belongs to the pod. Data of claims and host paths stays. */
  removeAll(): void {
    this.#places.clear();
    this.#options.volumesInUse.release(this.#options.podUid);
    if (this.#options.runtime.usesFiles) rmSync(join(this.#options.podFolder, 'volumes'), { recursive: true, force: true });
  }

  /** Only root may give files away; other agents run containers under the one user that they have anyway. */
  #giveToGroup(volume: Volume, place: string, { spec }: Pod): void {
    const { fsGroup, fsGroupChangePolicy: policy } = spec?.securityContext ?? {};
    if (fsGroup === undefined || !this.#options.runtime.usesFiles || process.geteuid?.() !== 0) return;
    giveToGroup(place, { gid: fsGroup, policy, readOnly: hasPayload(volume) });
  }

  #subPath(place: string, subPath: string): string {
    if (posix.isAbsolute(subPath) || subPath.split('/').includes('..'))
      throw new Error(`subPath "${subPath}" must be relative and must not contain '..'`);
    const path = join(place, subPath);
    if (this.#options.runtime.usesFiles && !existsSync(path)) mkdirSync(path, { recursive: true });
    return path;
  }

  async #mount(volume: Volume, pod: Pod, sources: PayloadSources): Promise<string> {
    const { runtime, nodePath } = this.#options;
    const { namespace = '', name = '' } = pod.metadata;
    if (volume.persistentVolumeClaim) return this.#claim(namespace, volume.persistentVolumeClaim.claimName);
    if (volume.ephemeral) return this.#claim(namespace, `${name}-${volume.name}`);
    if (volume.hostPath) {
      const place = nodePath(volume.hostPath.path);
      if (runtime.usesFiles) prepareHostPath(volume.hostPath.path, place, volume.hostPath.type);
      return place;
    }
    const place = join(this.#options.podFolder, 'volumes', volume.name);
    if (hasPayload(volume)) {
      await this.#writePayload(volume, place, sources);
      return place;
    }
    const source = Object.keys(volume).find((field) => field !== 'name');
    // A volume without any source is an emptyDir.
    if (source !== undefined && source !== 'emptyDir')
      throw new Error(`no volume plugin matched: this node does not serve volumes of type ${source}`);
    // Anyone may write, as in upstream's emptyDir, whose users differ from the node's.
    if (runtime.usesFiles) mkdirSync(place, { recursive: true, mode: 0o777 });
    return place;
  }

  async #writePayload(volume: Volume, place: string, sources: PayloadSources): Promise<void> {
    const { runtime, clock } = this.#options;
    // Without files there is no token to write, and asking for one would only cost a signature.
    const files = await payloadOf(volume, runtime.usesFiles ? sources : { ...sources, serviceAccountToken: async () => '' });
    if (!runtime.usesFiles) return;
    writeAtomically(place, files, new Date(clock.now()).toISOString().slice(0, 23).replaceAll(/[-T:]/g, '_'));
  }

  async #claim(namespace: string, claimName: string): Promise<string> {
    const { client, runtime, nodePath, node } = this.#options;
    const volume = await boundVolume(client, namespace, claimName);
    const name = volume.metadata.name ?? '';
    checkUsable(volume, node());
    if (volume.spec?.csi) {
      await awaitAttached(volume, { ...this.#options, nodeName: node().metadata.name ?? '' });
      if (runtime.usesFiles) throw noDriver(volume);
      return `/csi/${name}`;
    }
    const { path, type, local } = volumePath(volume);
    const place = nodePath(path);
    if (local && !this.#exists(path, place)) {
      throw new VolumeError(`MountVolume.NewMounter initialization failed for volume "${name}" : path "${path}" does not exist`);
    }
    if (!local && runtime.usesFiles) {
      try {
        prepareHostPath(path, place, type);
      } catch (error) {
        throw new VolumeError(`MountVolume.SetUp failed for volume "${name}" : ${messageOf(error)}`, { cause: error });
      }
    }
    return place;
  }

  #exists(path: string, place: string): boolean {
    const { runtime, node } = this.#options;
    if (runtime.usesFiles) return statSync(place, { throwIfNoEntry: false }) !== undefined;
    return runtime.pathExists?.(node().metadata.name ?? '', path) ?? true;
  }
}

/** Whether the volume is the pod's own, so that its files may be given to the pod's group. Paths of the host and claims' disks are not. */
function isOwned(volume: Volume, place: string, podFolder: string): boolean {
  return !volume.hostPath && place.startsWith(`${podFolder}/`);
}

function failureMessage(volume: Volume, error: unknown): string {
  if (error instanceof VolumeError) return error.message;
  return `MountVolume.SetUp failed for volume "${volume.name}" : ${messageOf(error)}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
