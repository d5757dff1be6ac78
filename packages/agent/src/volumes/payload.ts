// Files of volumes whose content comes from the API: configMap, secret, downwardAPI, projected.
import {
  type ConfigMap,
  type DownwardAPIVolumeFile,
  type KeyToPath,
  type Pod,
  type ProjectedVolumeSource,
  type Secret,
  type ServiceAccountTokenProjection,
  type Volume,
} from '@holdfast/schema';
import { type FieldFacts, fieldValue, resourceValue } from '../env/field-ref.ts';
import type { VolumeFile } from './atomic-writer.ts';

/** Where contents come from. Lookups give undefined for what does not exist. */
export interface PayloadSources {
  readonly pod: Pod;
  readonly facts: FieldFacts;
  readonly allocatable: Readonly<Record<string, string>>;
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
  serviceAccountToken(projection: ServiceAccountTokenProjection): Promise<string>;
}

const DEFAULT_MODE = 0o644;

/** Whether the volume's content comes from the API (and may change while the pod runs). */
export function hasPayload(volume: Volume): boolean {
  return Boolean(volume.configMap || volume.secret || volume.downwardAPI || volume.projected);
}

/** The files of a volume. Throws with the words of the kubelet's mount errors. */
export async function payloadOf(volume: Volume, sources: PayloadSources): Promise<ReadonlyMap<string, VolumeFile>> {
  if (volume.configMap) {
    const { name, items, optional, defaultMode } = volume.configMap;
    return configMapFiles({ name, items, optional }, defaultMode ?? DEFAULT_MODE, sources);
  }
  if (volume.secret) {
    const { secretName, items, optional, defaultMode } = volume.secret;
    return secretFiles({ name: secretName, items, optional }, defaultMode ?? DEFAULT_MODE, sources);
  }
  if (volume.downwardAPI) return downwardFiles(volume.downwardAPI.items ?? [], volume.downwardAPI.defaultMode ?? DEFAULT_MODE, sources);
  return volume.projected ? projectedFiles(volume.projected, sources) : new Map();
}

async function projectedFiles(
  { sources: parts, defaultMode = DEFAULT_MODE }: ProjectedVolumeSource,
  sources: PayloadSources,
): Promise<ReadonlyMap<string, VolumeFile>> {
  const all = new Map<string, VolumeFile>();
  for (const part of parts ?? []) {
    const files = part.configMap
      ? await configMapFiles(part.configMap, defaultMode, sources)
      : part.secret
        ? await secretFiles(part.secret, defaultMode, sources)
        : part.downwardAPI
          ? downwardFiles(part.downwardAPI.items ?? [], defaultMode, sources)
          : part.serviceAccountToken
            ? new Map([
                [
                  part.serviceAccountToken.path,
                  { bytes: Buffer.from(await sources.serviceAccountToken(part.serviceAccountToken)), mode: 0o600 },
                ],
              ])
            : new Map<string, VolumeFile>();
    for (const [path, file] of files) all.set(path, file);
  }
  return all;
}

interface Selection {
  readonly name?: string | undefined;
  readonly items?: readonly KeyToPath[] | undefined;
  readonly optional?: boolean | undefined;
}

async function configMapFiles(selection: Selection, mode: number, sources: PayloadSources): Promise<ReadonlyMap<string, VolumeFile>> {
  const found = await sources.configMap(selection.name ?? '');
  if (!found && !selection.optional) throw new Error(`configmap "${selection.name}" not found`);
  const text = Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
  const binary = Object.entries(found?.binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const);
  return select(new Map([...text, ...binary]), selection, mode, 'config');
}

async function secretFiles(selection: Selection, mode: number, sources: PayloadSources): Promise<ReadonlyMap<string, VolumeFile>> {
  const found = await sources.secret(selection.name ?? '');
  if (!found && !selection.optional) throw new Error(`secret "${selection.name}" not found`);
  const data = Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const);
  return select(new Map(data), selection, mode, 'secret');
}

function select(
  data: ReadonlyMap<string, Uint8Array>,
  { items, optional }: Selection,
  defaultMode: number,
  what: 'config' | 'secret',
): ReadonlyMap<string, VolumeFile> {
  if (!items || items.length === 0) return new Map([...data].map(([key, bytes]) => [key, { bytes, mode: defaultMode }]));
  const files = new Map<string, VolumeFile>();
  for (const { key, path, mode } of items) {
    const bytes = data.get(key);
    if (!bytes && !optional) throw new Error(`references non-existent ${what} key: ${key}`);
    if (bytes) files.set(path, { bytes, mode: mode ?? defaultMode });
  }
  return files;
}

function downwardFiles(
  items: readonly DownwardAPIVolumeFile[],
  defaultMode: number,
  sources: PayloadSources,
): ReadonlyMap<string, VolumeFile> {
  const { pod, facts, allocatable } = sources;
  return new Map(
    items.map(({ path, fieldRef, resourceFieldRef, mode }) => {
      const text = fieldRef
        ? fieldValue(fieldRef.fieldPath, pod, facts)
        : resourceFieldRef && pod.spec
          ? resourceValue(resourceFieldRef, pod.spec, undefined, allocatable)
          : '';
      return [path, { bytes: Buffer.from(text), mode: mode ?? defaultMode }];
    }),
  );
}
