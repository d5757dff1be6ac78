// The pod may only be where its volumes are not.
import { titleOf } from '../../model/sourced-object.ts';
import { canMeet, type Place, volumePlaces } from '../../model/zones.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'zone-conflict',
  title: 'a database may only run where its volumes are not',
  about:
    "A volume of one zone or node, or a class with allowedTopologies, and a template with a nodeSelector or node affinity for another can never meet. Each is tried with the scheduler's own matching against a node of the volume's place that has every other label that the template asks for. A conflict is said only when no volume and no topology fits.",
  loss: 'the pod stays Pending with "volume node affinity conflict"; the usual way out is to delete the claim, and with it the data',
  fix: 'let the template and the class name the same zones, or leave the zone to WaitForFirstConsumer and a spread constraint',
  sources: [
    'https://kubernetes.io/docs/setup/best-practices/multiple-zones/#storage-access-for-zones',
    'https://kubernetes.io/docs/concepts/storage/storage-classes/#allowed-topologies',
  ],
  mistakes: [30],
  severity: 'error',
  appliesTo: 'databases',
  needs: ['StorageClass', 'PersistentVolume'],
  check(graph, workload) {
    const { source, template, storage } = workload;
    if (!template) return [];
    return storage
      .filter((one) => one.holdsState && one.source === 'claim')
      .flatMap((one) => {
        const places: readonly Place[] = volumePlaces(graph, workload, one);
        const [first] = places;
        if (!first || places.some(({ labels }) => canMeet(workload, labels))) return [];
        const path = [...template.path, 'spec', template.value.spec?.nodeSelector ? 'nodeSelector' : 'affinity'];
        return [
          {
            object: source,
            path,
            message: `${titleOf(source)} may not run where the volumes of storage ${one.name} are`,
            evidence: [
              { object: source, path, says: 'says where the pods may run' },
              {
                object: first.object,
                path: first.path,
                says: `is for ${Object.entries(first.labels)
                  .map(([key, value]) => `${key}=${value}`)
                  .join(', ')}`,
              },
            ],
            confidence: 'high' as const,
          },
        ];
      });
  },
};
