// Containers as host processes: an image is a bundle, the root is a folder, the network is the loopback's 127.0.0.0/8.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { imageName } from '../image-name.ts';
import {
  type ContainerSite,
  type ContainerSpec,
  ContainerStartError,
  ImagePullError,
  type Runtime,
  type RuntimeImage,
  type RunningContainer,
} from '../runtime.ts';
import { type Bundle, readBundle } from './bundle.ts';
import { layOutRoot } from './container-root.ts';
import { LogFile } from './log-file.ts';
import { ROOT_VARIABLE } from './orphans.ts';
import { ProcessContainer } from './process-container.ts';
import { type ProcessGroup, startFailure, startGroup } from './process-group.ts';
import { pathRewriter } from './rewrite-paths.ts';

export interface ProcessRuntimeOptions {
  /** Folders with a bundle.json each; where two name the same image the later one wins. */
  readonly bundles: readonly string[];
  /** Search path of containers behind their bundle's own folders. Default: the usual folders of the host, and node's. */
  readonly hostPath?: string;
}

/** A runtime that can be given further images while it runs. */
export interface ProcessRuntime extends Runtime {
  /** Reads a bundle; a pod that waits for its image finds it at its next attempt. Throws when bundle.json is not right. */
  addBundle(folder: string): void;
}

const HOST_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Makes the runtime. Throws when a bundle cannot be read. */
export function processRuntime({
  bundles: folders,
  hostPath = `${HOST_PATH}:${dirname(process.execPath)}`,
}: ProcessRuntimeOptions): ProcessRuntime {
  const bundles = new Map<string, Bundle>();
  const addBundle = (folder: string): void => {
    const bundle = readBundle(folder);
    for (const image of bundle.images) bundles.set(image, bundle);
  };
  for (const folder of folders) addBundle(folder);

  const findImage = (reference: string): RuntimeImage | undefined => {
    const bundle = bundles.get(imageName(reference));
    return bundle && describeImage(reference, bundle);
  };
  return {
    name: 'process',
    usesFiles: true,
    addBundle,
    findImage,
    images: () => [...bundles.keys()].map((name) => ({ names: [name], sizeBytes: 0 })),
    pullImage: async (reference) => {
      const image = findImage(reference);
      if (image) return image;
      throw new ImagePullError(missingImage(reference, [...bundles.keys()]));
    },
    start: async (spec, site) => {
      const bundle = bundles.get(imageName(spec.image.reference));
      if (!bundle) throw new ContainerStartError('CreateContainerError', missingImage(spec.image.reference, [...bundles.keys()]));
      return startContainer(spec, site, bundle, hostPath);
    },
  };
}

function describeImage(reference: string, bundle: Bundle): RuntimeImage {
  if (!bundle.understudy) return { reference, id: `bundle://${reference}` };
  const what = bundle.describe || 'a small program of Holdfast';
  return { reference, id: `understudy://${reference}`, understudy: `image ${reference} is played by an understudy: ${what}` };
}

function missingImage(reference: string, names: readonly string[]): string {
  const has = names.length > 0 ? `this node has ${names.toSorted().join(', ')}` : 'this node has no images';
  return `no bundle answers to the image "${reference}": ${has}; use one of these, or add a bundle: a folder with a bundle.json that lists "${imageName(reference)}" under "images"`;
}

async function startContainer(spec: ContainerSpec, site: ContainerSite, bundle: Bundle, hostPath: string): Promise<RunningContainer> {
  const root = join(site.podFolder, 'containers', spec.container, 'root');
  const workingDir = spec.workingDir || bundle.workingDir;
  layOutRoot(root, bundle, spec.mounts, workingDir);
  const terminationMessageFile = join(root, spec.terminationMessagePath);
  mkdirSync(dirname(terminationMessageFile), { recursive: true });
  writeFileSync(terminationMessageFile, '');

  const mountPaths = [...spec.mounts.map((mount) => mount.mountPath), spec.terminationMessagePath];
  const rewrite = pathRewriter({ root, programs: [...bundle.programs.keys()], mountPaths });
  const argv = argvOf(spec, bundle).map(rewrite);
  const program = argv[0];
  if (program === undefined) throw new ContainerStartError('CreateContainerError', 'no command specified');
  const options = {
    cwd: join(root, workingDir),
    env: environmentOf(spec, bundle, root, hostPath),
    podFolder: site.podFolder,
    clock: site.clock,
  };

  const log = new LogFile(join(site.podFolder, 'logs', spec.container, `${spec.restartCount}.log`), site.clock);
  if (spec.image.understudy) log.write('stderr', Buffer.from(`holdfast: ${spec.image.understudy}\n`));
  let group: ProcessGroup;
  try {
    group = await startGroup({ ...options, argv, stdin: false });
  } catch (error) {
    log.close();
    throw new ContainerStartError('RunContainerError', `failed to start container "${spec.container}": ${startFailure(program, error)}`, {
      cause: error,
    });
  }
  return new ProcessContainer({
    id: `holdfast://${createHash('sha256').update(`${spec.uid}/${spec.container}/${spec.restartCount}/${group.pid}`).digest('hex')}`,
    group,
    log,
    site: options,
    podIp: spec.podIp,
    rewrite,
    terminationMessageFile,
    fallbackToLogs: spec.terminationMessagePolicy === 'FallbackToLogsOnError',
  });
}

/** A command given by the pod replaces the image's entrypoint and its arguments; arguments alone replace only those. */
function argvOf(spec: ContainerSpec, bundle: Bundle): readonly string[] {
  if (spec.command && spec.command.length > 0) return [...spec.command, ...(spec.args ?? [])];
  return [...bundle.entrypoint, ...(spec.args && spec.args.length > 0 ? spec.args : bundle.cmd)];
}

function environmentOf(spec: ContainerSpec, bundle: Bundle, root: string, hostPath: string): Readonly<Record<string, string>> {
  const env: Readonly<Record<string, string>> = { HOME: root, HOSTNAME: spec.hostname, ...bundle.env, ...spec.env };
  const own = bundle.path.map((folder) => `${root}${folder}`);
  return { ...env, PATH: [...own, env['PATH'] ?? hostPath].join(':'), [ROOT_VARIABLE]: root };
}
