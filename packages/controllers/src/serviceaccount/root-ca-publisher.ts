// Every namespace has a ConfigMap with the cluster's authority; pods mount it beside their token.
import type { ComponentFactory } from '@holdfast/controller';
import { CONFIGMAPS, deepEqual } from '@holdfast/schema';
import { keepInEachNamespace } from './for-each-namespace.ts';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION = 'kubernetes.io/description';
const DESCRIPTION_TEXT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** `caCertificate`: PEM. */
export function rootCaPublisher(caCertificate: string): ComponentFactory {
  const data = { 'ca.crt': caCertificate };
  return keepInEachNamespace({
    name: 'root-ca-certificate-publisher',
    type: CONFIGMAPS,
    objectName: NAME,
    build: (namespace) => ({ metadata: { namespace, name: NAME, annotations: { [DESCRIPTION]: DESCRIPTION_TEXT } }, data }),
    correct: (current) => {
      if (deepEqual(current.data, data) && current.metadata.annotations?.[DESCRIPTION] !== undefined) return current;
      const annotations = { ...current.metadata.annotations, [DESCRIPTION]: DESCRIPTION_TEXT };
      return { ...current, metadata: { ...current.metadata, annotations }, data };
    },
  });
}
