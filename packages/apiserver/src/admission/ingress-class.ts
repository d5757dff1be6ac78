// Ingresses that name no class get the default one: the newest that says it is.
import { type Ingress, type IngressClass, type KubeObject } from '@holdfast/schema';
import type { AdmissionPlugin } from './plugin.ts';

const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

export const defaultIngressClass: AdmissionPlugin = (server, { definition, operation, object, subresource }) => {
  if (definition.storagePrefix !== 'networking.k8s.io/ingresses' || operation !== 'CREATE' || subresource !== '') return object;
  const ingress = object as Ingress & KubeObject;
  if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return object;
  const [newest] = server.store
    .list('networking.k8s.io/ingressclasses/')
    .entries.map((entry) => entry.value as IngressClass & KubeObject)
    .filter(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true')
    .toSorted(
      (a, b) =>
        (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '') ||
        (a.metadata.name ?? '').localeCompare(b.metadata.name ?? ''),
    );
  return newest ? ({ ...ingress, spec: { ...ingress.spec, ingressClassName: newest.metadata.name } } as KubeObject) : object;
};
