// Where a container sees the pod's volumes: as files and as block devices.
import type { Container, Volume, VolumeDevice, VolumeMount } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { descendingPath } from '../names.ts';

type Volumes = ReadonlyMap<string, Volume>;

export function validateMounts(container: Container, volumes: Volumes, path: string, errors: FieldErrors): void {
  const devices = new Map((container.volumeDevices ?? []).map((device) => [device.name, device.devicePath]));
  const devicePaths = new Set(devices.values());
  const seen = new Set<string>();
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (!mount.name) errors.required(`${at}.name`);
    const volume = volumes.get(mount.name);
    if (!volume) errors.notFound(`${at}.name`, mount.name);
    if (!mount.mountPath) errors.required(`${at}.mountPath`);
    if (seen.has(mount.mountPath)) errors.invalid(`${at}.mountPath`, mount.mountPath, 'must be unique');
    seen.add(mount.mountPath);
    if (devices.has(mount.name)) errors.invalid(`${at}.name`, mount.name, 'must not already exist in volumeDevices');
    if (devicePaths.has(mount.mountPath))
      errors.invalid(`${at}.mountPath`, mount.mountPath, 'must not already exist as a path in volumeDevices');
    subPaths(mount, volume, at, path, errors);
    propagation(mount, container, `${path}.mountPropagation`, errors);
    recursiveReadOnly(mount, `${path}.recursiveReadOnly`, errors);
  }
}

function subPaths(mount: VolumeMount, volume: Volume | undefined, at: string, path: string, errors: FieldErrors): void {
  if (volume?.image && mount.subPath) errors.invalid(`${at}.subPath`, mount.subPath, 'not allowed in image volume sources');
  if (volume?.image && mount.subPathExpr) errors.invalid(`${at}.subPathExpr`, mount.subPathExpr, 'not allowed in image volume sources');
  if (mount.subPath) descendingPath(mount.subPath, `${path}.subPath`, errors);
  if (!mount.subPathExpr) return;
  if (mount.subPath) errors.invalid(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive');
  descendingPath(mount.subPathExpr, `${path}.subPathExpr`, errors);
}

function propagation({ mountPropagation }: VolumeMount, container: Container, path: string, errors: FieldErrors): void {
  errors.oneOf(path, mountPropagation, ['Bidirectional', 'HostToContainer', 'None']);
  if (mountPropagation === 'Bidirectional' && container.securityContext?.privileged !== true)
    errors.forbidden(path, 'Bidirectional mount propagation is available only to privileged containers');
}

function recursiveReadOnly(mount: VolumeMount, path: string, errors: FieldErrors): void {
  const mode = mount.recursiveReadOnly;
  if (mode === undefined || mode === 'Disabled') return;
  if (mode !== 'Enabled' && mode !== 'IfPossible') return errors.notSupported(path, mode, ['Disabled', 'Enabled', 'IfPossible']);
  if (!mount.readOnly) errors.forbidden(path, 'may only be specified when readOnly is true');
  if (mount.mountPropagation !== undefined && mount.mountPropagation !== 'None')
    errors.forbidden(path, 'may only be specified when mountPropagation is None or not specified');
}

export function validateDevices(
  devices: readonly VolumeDevice[] | undefined,
  mounts: readonly VolumeMount[] | undefined,
  volumes: Volumes,
  path: string,
  errors: FieldErrors,
): void {
  const mounted = new Set((mounts ?? []).map((mount) => mount.name));
  const mountPaths = new Set((mounts ?? []).map((mount) => mount.mountPath));
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [index, { name, devicePath }] of (devices ?? []).entries()) {
    const at = `${path}[${index}]`;
    const volume = volumes.get(name);
    if (!name) errors.required(`${at}.name`);
    if (names.has(name)) errors.invalid(`${at}.name`, name, 'must be unique');
    if (!volume) errors.notFound(`${at}.name`, name);
    else if (!volume.persistentVolumeClaim && !volume.ephemeral)
      errors.invalid(`${at}.name`, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode');
    if (!devicePath) errors.required(`${at}.devicePath`);
    if (paths.has(devicePath)) errors.invalid(`${at}.devicePath`, devicePath, 'must be unique');
    if (devicePath.split('/').includes('..')) errors.invalid(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')");
    else paths.add(devicePath);
    if (mounted.has(name)) errors.invalid(`${at}.name`, name, 'must not already exist in volumeMounts');
    if (mountPaths.has(devicePath)) errors.invalid(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts');
    if (name) names.add(name);
  }
}
