// Sets, pods and revisions for tests.
import type { PersistentVolumeClaim, Pod, PodStatus, StatefulSet, StatefulSetSpec } from '@holdfast/schema';
import { buildClaims, buildPod } from './build-pod.ts';
import { decide, type Observed, type Plan } from './decide.ts';
import { claimName } from './identity.ts';
import { buildRevision } from './revisions.ts';

export const NOW_MS = Date.UTC(2026, 0, 1, 1);

export function setOf(spec: Partial<StatefulSetSpec> = {}, status: StatefulSet['status'] = { replicas: 0 }): StatefulSet {
  return {
    metadata: { name: 'web', namespace: 'default', uid: 'set', generation: 1 },
    spec: {
      serviceName: 'web',
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'db:1' }] } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      ...spec,
    },
    status,
  };
}

/** The set with a claim template `data`. */
export const withClaims = (spec: Partial<StatefulSetSpec> = {}): StatefulSet =>
  setOf({ volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } }], ...spec });

export type PodState = 'ready' | 'unready' | 'pending' | 'failed' | 'succeeded' | 'terminating' | 'unready terminating' | 'fresh';

/** A pod of the set in a state: 'fresh' has been Ready for two seconds, 'ready' for an hour. `revision`: 'current' unless said. */
export function podOf(set: StatefulSet, ordinal: number, state: PodState = 'ready', revision: 'current' | 'update' = 'update'): Pod {
  const { current, update } = revisionsOf(set);
  const of = revision === 'current' ? current : update;
  const pod = buildPod(set, ordinal, set.spec?.template ?? {}, of.metadata.name ?? '');
  const leaving = state.endsWith('terminating') ? { deletionTimestamp: '2026-01-01T00:59:00Z' } : {};
  return { ...pod, metadata: { ...pod.metadata, uid: `uid-${ordinal}`, ...leaving }, status: statusOf(state) };
}

function statusOf(state: PodState): PodStatus {
  if (state === 'pending') return { phase: 'Pending' };
  if (state === 'failed' || state === 'succeeded') return { phase: state === 'failed' ? 'Failed' : 'Succeeded' };
  const ready = !state.startsWith('unready');
  const since = state === 'fresh' ? NOW_MS - 2000 : NOW_MS - 3_600_000;
  const lastTransitionTime = new Date(since).toISOString();
  return { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime }] };
}

/** The revision that pods have had so far, and the one of the set's template. */
export function revisionsOf(set: StatefulSet): Pick<Observed, 'current' | 'update'> {
  const older = { ...set, spec: { ...set.spec, template: { spec: { containers: [{ name: 'c', image: 'db:0' }] } } } } as StatefulSet;
  return { current: buildRevision(older, 1, 0), update: buildRevision(set, 2, 0) };
}

export function claimOf(set: StatefulSet, ordinal: number, metadata: PersistentVolumeClaim['metadata'] = {}): PersistentVolumeClaim {
  const name = claimName(set, 'data', ordinal);
  const [claim] = buildClaims(set, ordinal);
  return { ...claim, metadata: { ...claim?.metadata, name, ...metadata } };
}

export function observedOf(set: StatefulSet, pods: readonly Pod[], claims: readonly PersistentVolumeClaim[] = []): Observed {
  return { set, pods, claims: new Map(claims.map((claim) => [claim.metadata.name ?? '', claim])), ...revisionsOf(set), nowMs: NOW_MS };
}

/** What a pass does, in words: 'create web-0 old', 'delete web-2', 'claim data-web-0', 'own data-web-0 Pod', 'fail web-0'. */
export function passOf(set: StatefulSet, pods: readonly Pod[], claims: readonly PersistentVolumeClaim[] = []): readonly string[] {
  return wordsOf(set, decide(observedOf(set, pods, claims)));
}

function wordsOf(set: StatefulSet, { actions }: Plan): readonly string[] {
  const { current } = revisionsOf(set);
  return actions.map((action) => {
    switch (action.kind) {
      case 'create-claim':
        return `claim ${action.claim.metadata.name}`;
      case 'own-claim':
        return `own ${action.claim.metadata.name} ${action.owners.map(({ kind }) => kind).join() || 'nobody'}`;
      case 'create-pod': {
        const old = action.pod.metadata.labels?.['controller-revision-hash'] === current.metadata.name;
        return `create ${action.pod.metadata.name}${old ? ' old' : ''}`;
      }
      case 'relabel-pod':
        return `relabel ${action.pod.metadata.name}`;
      case 'delete-pod':
        return `delete ${action.pod.metadata.name}`;
      case 'fail':
        return `fail ${action.pod}: ${action.message}`;
    }
  });
}
