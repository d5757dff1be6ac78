// Reads built-in workloads: their template, their storage, what they are.
import { isRecord, type KubeObject, type PersistentVolumeClaim, type PodTemplateSpec, type Volume } from '@holdfast/schema';
import { judgeTemplate } from './database.ts';
import { type Engine, engineOfImage, isDataPath } from './engines.ts';
import type { FieldPath, SourcedObject } from './sourced-object.ts';
import type { Workload, WorkloadContainer, WorkloadStorage } from './workload.ts';

const KINDS: ReadonlySet<string> = new Set(['StatefulSet', 'Deployment', 'DaemonSet', 'ReplicaSet']);

type Fields = Readonly<Record<string, unknown>>;

/** undefined for what is no workload, or belongs to another object that is one. */
export function readWorkload(
  source: SourcedObject,
  claimNamed: (namespace: string, name: string) => PersistentVolumeClaim | undefined,
  engines: readonly Engine[],
): Workload | undefined {
  if (source.object.metadata.ownerReferences?.some(({ controller }) => controller === true)) return undefined;
  if (source.kind === 'Pod' && source.apiVersion === 'v1') {
    return assemble(source, source.object as PodTemplateSpec & KubeObject, [], { replicas: 1, templates: [], claimNamed, engines });
  }
  if (!KINDS.has(source.kind) || !source.apiVersion.startsWith('apps/')) return undefined;
  const spec = fieldsOf((source.object as KubeObject & { readonly spec?: unknown }).spec);
  if (!isRecord(spec['template'])) return undefined;
  const replicas = typeof spec['replicas'] === 'number' ? spec['replicas'] : 1;
  const templates = Array.isArray(spec['volumeClaimTemplates']) ? (spec['volumeClaimTemplates'] as readonly PersistentVolumeClaim[]) : [];
  return assemble(source, spec['template'] as PodTemplateSpec, ['spec', 'template'], { replicas, templates, claimNamed, engines });
}

interface Parts {
  readonly replicas: number;
  readonly templates: readonly PersistentVolumeClaim[];
  readonly claimNamed: (namespace: string, name: string) => PersistentVolumeClaim | undefined;
  readonly engines: readonly Engine[];
}

function assemble(source: SourcedObject, template: PodTemplateSpec, path: FieldPath, parts: Parts): Workload {
  const verdict = judgeTemplate(source.object.metadata, template, path, parts.engines);
  const mounts = mountsOf(template);
  const storageOf = (
    name: string,
    at: FieldPath,
    rest: Pick<WorkloadStorage, 'source' | 'claim' | 'claimName' | 'perInstance'>,
  ): WorkloadStorage => {
    const mountPaths = mounts.get(name) ?? [];
    return { name, path: at, mountPaths, holdsState: holdsState(verdict.engine, rest.source, mountPaths), ...rest };
  };
  const fromTemplates = parts.templates.map((claim, index) =>
    storageOf(claim.metadata?.name ?? '', ['spec', 'volumeClaimTemplates', index], {
      source: 'claim',
      claim: claim.spec,
      claimName: undefined,
      perInstance: true,
    }),
  );
  const fromVolumes = (template.spec?.volumes ?? []).map((volume, index) =>
    storageOf(volume.name, [...path, 'spec', 'volumes', index], {
      source: sourceOf(volume),
      claim:
        volume.ephemeral?.volumeClaimTemplate?.spec ??
        parts.claimNamed(source.namespace, volume.persistentVolumeClaim?.claimName ?? '')?.spec,
      claimName: volume.persistentVolumeClaim?.claimName,
      perInstance: volume.ephemeral !== undefined,
    }),
  );
  const replicasPath = source.kind === 'Pod' ? [] : ['spec', 'replicas'];
  return {
    source,
    replicas: parts.replicas,
    replicasPath,
    groups: [{ replicas: parts.replicas, path: replicasPath }],
    containers: containersOf(template, path, verdict.engine, parts.engines),
    template: { value: template, path },
    storage: [...fromTemplates, ...fromVolumes],
    engine: verdict.engine,
    database: verdict.evidence,
  };
}

/** A claim mounted by an unknown engine is taken for state; a scratch folder only where the engine keeps its data. */
function holdsState(engine: Engine | undefined, source: WorkloadStorage['source'], mountPaths: readonly string[]): boolean {
  if (engine && mountPaths.some((mountPath) => isDataPath(engine, mountPath))) return source !== 'other';
  return source === 'claim' && mountPaths.length > 0;
}

/** Those with an image of the engine; all where no image gives it away. */
function containersOf(
  { spec }: PodTemplateSpec,
  path: FieldPath,
  engine: Engine | undefined,
  engines: readonly Engine[],
): readonly WorkloadContainer[] {
  const all = (spec?.containers ?? []).map((container, index): WorkloadContainer => {
    const at = [...path, 'spec', 'containers', index];
    const { name, image, resources } = container;
    return {
      name,
      path: at,
      image: image === undefined ? undefined : { value: image, path: [...at, 'image'] },
      resources: resources && { value: resources, path: [...at, 'resources'] },
      spec: container,
    };
  });
  const ofEngine = all.filter(({ image }) => engine !== undefined && image !== undefined && engineOfImage(image.value, engines) === engine);
  return ofEngine.length > 0 ? ofEngine : all;
}

function mountsOf({ spec }: PodTemplateSpec): ReadonlyMap<string, readonly string[]> {
  const mounts = new Map<string, string[]>();
  for (const { volumeMounts = [], volumeDevices = [] } of spec?.containers ?? []) {
    for (const { name, mountPath } of volumeMounts) mounts.set(name, [...(mounts.get(name) ?? []), mountPath]);
    for (const { name, devicePath } of volumeDevices) mounts.set(name, [...(mounts.get(name) ?? []), devicePath]);
  }
  return mounts;
}

function sourceOf(volume: Volume): WorkloadStorage['source'] {
  if (volume.persistentVolumeClaim || volume.ephemeral) return 'claim';
  if (volume.emptyDir) return 'emptyDir';
  return volume.hostPath ? 'hostPath' : 'other';
}

function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : {};
}
