// Claims that nobody uses, and volumes that wait for somebody to decide.
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '@holdfast/schema';
import type { Graph } from '../../model/graph.ts';
import { type SourcedObject, titleOf } from '../../model/sourced-object.ts';
import type { Rule, RuleFinding } from '../../rule.ts';

export const rule: Rule = {
  id: 'orphaned-storage',
  title: 'a claim or a volume with data belongs to nobody',
  about:
    'A StatefulSet that was scaled down keeps the claims of the instances that went, and takes them again, with their old data, when it is scaled up. A Released volume (reclaimPolicy Retain, its claim deleted) holds data that no workload sees and that the next cleaning deletes. Claims that no pod mounts cost money and are forgotten. Claims restored from snapshots are not meant.',
  loss: 'data that somebody takes for rubbish; or an old copy that comes back as a member of the cluster',
  fix: 'decide for each: bind it again (remove spec.claimRef of the volume), back it up, or delete it',
  sources: [
    'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#retain',
    'https://kubernetes.io/docs/tasks/run-application/force-delete-stateful-set-pod/',
  ],
  mistakes: [31],
  severity: 'info',
  appliesTo: 'workloads',
  needs: ['Pod', 'PersistentVolumeClaim', 'PersistentVolume'],
  check(graph, { source, storage, replicas }) {
    if (source.kind !== 'StatefulSet') return [];
    const first = (source.object as { readonly spec?: { readonly ordinals?: { readonly start?: number } } }).spec?.ordinals?.start ?? 0;
    return storage
      .filter(({ perInstance }) => perInstance)
      .flatMap(({ name, path }) => {
        const prefix = `${name}-${source.name}-`;
        return graph
          .inNamespace('PersistentVolumeClaim', source.namespace)
          .filter((claim) => claim.name.startsWith(prefix) && Number(claim.name.slice(prefix.length)) >= first + replicas)
          .map((claim) => ({
            object: claim,
            path: ['metadata', 'name'],
            message: `${titleOf(claim)} is of an instance that ${titleOf(source)} no longer has`,
            evidence: [
              { object: source, path: ['spec', 'replicas'], says: `has ${replicas} instances` },
              { object: source, path, says: `storage ${name} makes claims ${prefix}<ordinal>` },
            ],
            loss: 'scaled up again, the instance comes back with data from the day on which it went',
            severity: 'warning' as const,
            confidence: 'high' as const,
          }));
      });
  },
  checkObjects(graph) {
    const released = graph
      .ofKind<PersistentVolume>('PersistentVolume')
      .filter(({ object }) => object.status?.phase === 'Released')
      .map((volume): RuleFinding => {
        const claim = volume.object.spec?.claimRef;
        return {
          object: volume,
          path: ['status', 'phase'],
          message: `${titleOf(volume)} is Released: it holds the data of claim ${claim?.namespace}/${claim?.name}, which was deleted`,
          evidence: [{ object: volume, path: ['spec', 'claimRef'], says: 'names a claim that is no longer there' }],
          severity: 'warning',
          confidence: 'high',
        };
      });
    return [...released, ...unusedClaims(graph)];
  },
};

/** Only a cluster shows all pods. */
function unusedClaims(graph: Graph): readonly RuleFinding[] {
  if (!graph.live) return [];
  const mounted = new Set(
    graph
      .ofKind<Pod>('Pod')
      .flatMap(({ namespace, object }) =>
        (object.spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) =>
          persistentVolumeClaim
            ? [`${namespace}/${persistentVolumeClaim.claimName}`]
            : ephemeral
              ? [`${namespace}/${object.metadata.name}-${name}`]
              : [],
        ),
      ),
  );
  const expected = (claim: SourcedObject<PersistentVolumeClaim>): boolean =>
    graph
      .workloadsIn(claim.namespace)
      .some(({ source, storage, template }) =>
        !template
          ? claim.name.includes(source.name)
          : storage.some(({ name, claimName }) => claimName === claim.name || claim.name.startsWith(`${name}-${source.name}-`)),
      );
  return graph
    .ofKind<PersistentVolumeClaim>('PersistentVolumeClaim')
    .filter((claim) => !mounted.has(`${claim.namespace}/${claim.name}`) && claim.object.spec?.dataSource === undefined && !expected(claim))
    .map((claim) => ({
      object: claim,
      path: ['metadata', 'name'],
      message: `${titleOf(claim)} is mounted by no pod and belongs to no workload`,
      evidence: [{ object: claim, path: ['status', 'phase'], says: `is ${claim.object.status?.phase ?? 'of no phase'}` }],
      confidence: 'medium',
    }));
}
