// The objects that a pod refers to, itself included.
import type { Container, Pod, Volume } from './generated/types.ts';

/** 'secrets/namespace/name', ...: each reference once. */
export function podReferences(pod: Pod): readonly string[] {
  const { namespace = '', name = '' } = pod.metadata;
  const { spec } = pod;
  if (!spec) return [];
  const of = (resource: string, names: readonly (string | undefined)[]): readonly string[] =>
    names.filter(Boolean).map((one) => `${resource}/${namespace}/${one}`);
  const volumes = spec.volumes ?? [];
  const containers = [...spec.containers, ...(spec.initContainers ?? []), ...((spec.ephemeralContainers ?? []) as readonly Container[])];
  return [
    ...new Set([
      `pods/${namespace}/${name}`,
      ...of('serviceaccounts', [spec.serviceAccountName]),
      ...of('secrets', [
        ...(spec.imagePullSecrets ?? []).map((secret) => secret.name),
        ...volumes.flatMap(secretsOfVolume),
        ...containers.flatMap((container) => namesInEnvironment(container, 'secret')),
      ]),
      ...of('configmaps', [
        ...volumes.flatMap(configMapsOfVolume),
        ...containers.flatMap((container) => namesInEnvironment(container, 'configMap')),
      ]),
      ...of(
        'persistentvolumeclaims',
        volumes.map((volume) => volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral ? `${name}-${volume.name}` : undefined)),
      ),
    ]),
  ];
}

function secretsOfVolume(volume: Volume): readonly (string | undefined)[] {
  return [
    volume.secret?.secretName,
    volume.csi?.nodePublishSecretRef?.name,
    ...(volume.projected?.sources ?? []).map((source) => source.secret?.name),
  ];
}

function configMapsOfVolume(volume: Volume): readonly (string | undefined)[] {
  return [volume.configMap?.name, ...(volume.projected?.sources ?? []).map((source) => source.configMap?.name)];
}

function namesInEnvironment({ env = [], envFrom = [] }: Container, kind: 'secret' | 'configMap'): readonly (string | undefined)[] {
  return [
    ...env.map(({ valueFrom }) => (kind === 'secret' ? valueFrom?.secretKeyRef?.name : valueFrom?.configMapKeyRef?.name)),
    ...envFrom.map((source) => (kind === 'secret' ? source.secretRef?.name : source.configMapRef?.name)),
  ];
}
