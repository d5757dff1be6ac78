// Every pod runs as a service account and finds its token where clients look for it.
import { nameSuffix } from '@holdfast/clock';
import { type Container, forbidden, type KubeObject, type Pod, type ServiceAccount, type Volume } from '@holdfast/schema';
import type { AdmissionPlugin } from './plugin.ts';

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const TOKEN_SECONDS = 3607;
const MODE_0644 = 420;

export const serviceAccount: AdmissionPlugin = (server, { definition, operation, object, namespace, name, subresource }) => {
  if (server.disabledAdmission?.has('ServiceAccount')) return object;
  if (definition.storagePrefix !== 'core/pods' || operation !== 'CREATE' || subresource !== '') return object;
  const pod = object as Pod;
  if (!pod.spec) return object;
  const account = pod.spec.serviceAccountName || pod.spec.serviceAccount || 'default';
  const found = server.store.get(`core/serviceaccounts/${namespace}/${account}`)?.value as (ServiceAccount & KubeObject) | undefined;
  if (!found)
    throw forbidden(definition, name, `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`);
  const spec = {
    ...pod.spec,
    serviceAccountName: account,
    serviceAccount: account,
    imagePullSecrets: pod.spec.imagePullSecrets ?? found.imagePullSecrets,
  };
  const mount = pod.spec.automountServiceAccountToken ?? found.automountServiceAccountToken ?? true;
  if (!mount) return { ...pod, spec };
  const lacking = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])].some((container) => !hasMount(container));
  if (!lacking) return { ...pod, spec };
  const volumeName = `kube-api-access-${nameSuffix(server.random)}`;
  const addMount = (container: Container): Container =>
    hasMount(container)
      ? container
      : { ...container, volumeMounts: [...(container.volumeMounts ?? []), { name: volumeName, readOnly: true, mountPath: TOKEN_PATH }] };
  return {
    ...pod,
    spec: {
      ...spec,
      volumes: [...(pod.spec.volumes ?? []), tokenVolume(volumeName)],
      containers: (pod.spec.containers ?? []).map(addMount),
      ...(pod.spec.initContainers ? { initContainers: pod.spec.initContainers.map(addMount) } : {}),
    },
  };
};

function hasMount(container: Container): boolean {
  return container.volumeMounts?.some((mount) => mount.mountPath === TOKEN_PATH) ?? false;
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: MODE_0644,
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  };
}
