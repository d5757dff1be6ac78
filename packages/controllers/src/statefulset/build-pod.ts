// The pod and the claims of one ordinal, from the set and a revision of its template.
import { controllerReference } from '@holdfast/controller';
import { type PersistentVolumeClaim, type Pod, type PodTemplateSpec, type StatefulSet, STATEFULSETS } from '@holdfast/schema';
import { claimName, podName } from './identity.ts';

export const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
export const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index';
export const REVISION_LABEL = 'controller-revision-hash';

/** The pod of an ordinal from a template of the revision called `revision`. */
export function buildPod(set: StatefulSet, ordinal: number, template: PodTemplateSpec, revision: string): Pod {
  const name = podName(set, ordinal);
  const claims = set.spec?.volumeClaimTemplates ?? [];
  const claimVolumes = claims.map((claim) => ({
    name: claim.metadata.name ?? '',
    persistentVolumeClaim: { claimName: claimName(set, claim.metadata.name ?? '', ordinal) },
  }));
  // A claim takes the place of the template's volume of the same name.
  const others = (template.spec?.volumes ?? []).filter((volume) => !claimVolumes.some((claim) => claim.name === volume.name));
  const volumes = [...claimVolumes, ...others];
  return {
    metadata: {
      name,
      generateName: `${set.metadata.name}-`,
      namespace: set.metadata.namespace,
      labels: { ...template.metadata?.labels, [POD_NAME_LABEL]: name, [POD_INDEX_LABEL]: String(ordinal), [REVISION_LABEL]: revision },
      ...(template.metadata?.annotations ? { annotations: template.metadata.annotations } : {}),
      ...(template.metadata?.finalizers ? { finalizers: template.metadata.finalizers } : {}),
      ownerReferences: [controllerReference(set, STATEFULSETS)],
    },
    spec: {
      ...(template.spec ?? { containers: [] }),
      hostname: name,
      subdomain: set.spec?.serviceName,
      ...(volumes.length > 0 ? { volumes } : {}),
    },
  };
}

/** The claims of an ordinal; owners come later, by the retention policy. */
export function buildClaims(set: StatefulSet, ordinal: number): readonly PersistentVolumeClaim[] {
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => ({
    metadata: {
      name: claimName(set, template.metadata.name ?? '', ordinal),
      namespace: set.metadata.namespace,
      labels: { ...template.metadata.labels, ...set.spec?.selector?.matchLabels },
      ...(template.metadata.annotations ? { annotations: template.metadata.annotations } : {}),
    },
    spec: template.spec,
  }));
}
