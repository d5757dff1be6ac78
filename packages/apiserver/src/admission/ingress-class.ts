// Ingresses that name no class get the default one: the newest that says it is.
import type { Ingress, KubeObject } from '@holdfast/schema';
import { defaultClassName } from './default-class.ts';
import type { AdmissionPlugin } from './plugin.ts';

const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

export const defaultIngressClass: AdmissionPlugin = (server, { definition, operation, object, subresource }) => {
  if (definition.storagePrefix !== 'networking.k8s.io/ingresses' || operation !== 'CREATE' || subresource !== '') return object;
  const ingress = object as Ingress & KubeObject;
  if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return object;
  const name = defaultClassName(server, 'networking.k8s.io/ingressclasses/', [DEFAULT_CLASS]);
  return name ? ({ ...ingress, spec: { ...ingress.spec, ingressClassName: name } } as KubeObject) : object;
};
