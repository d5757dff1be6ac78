// The ReplicaSets of a deployment: making the one for its template, sizing them, and clearing away those that nobody needs.
import type { Client } from '@holdfast/client';
import { controllerReference } from '@holdfast/controller';
import {
  deepEqual,
  type Deployment,
  DEPLOYMENTS,
  ignoreNotFound,
  isAlreadyExists,
  isNamespaceTerminating,
  type ReplicaSet,
  REPLICASETS,
} from '@holdfast/schema';
import { templateHash } from '../history/hash.ts';
import { DESIRED, limits, MAX, newSetSize, type Resize } from './decide.ts';
import { hasDeadline, progressing, setCondition } from './status.ts';
import { HASH_LABEL, sameTemplate } from './same-template.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
/** Annotations of the deployment that are not its sets': those of tools and of the rollout itself. */
const NOT_COPIED: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED,
  MAX,
  'deprecated.deployment.rollback.to',
]);
/** Upstream's maxRevHistoryLengthInChars. */
const HISTORY_LENGTH = 2000;

export interface ReplicaSetsOptions {
  readonly client: Client;
  readonly event: (deployment: Deployment, type: 'Normal' | 'Warning', reason: string, message: string) => void;
  /** Told of each write's answer. */
  readonly wroteSet: (deployment: Deployment, set: ReplicaSet) => void;
  readonly wroteDeployment: (deployment: Deployment) => void;
  /** RFC 3339. */
  readonly now: () => string;
}

/** The deployment as it was written last, and the set of its template, if there is one. */
export interface Ensured {
  readonly deployment: Deployment;
  readonly newSet: ReplicaSet | undefined;
}

export class ReplicaSets {
  readonly #options: ReplicaSetsOptions;

  constructor(options: ReplicaSetsOptions) {
    this.#options = options;
  }

  /** Brings the annotations of the new set and of the deployment up to date. */
  async sync(deployment: Deployment, existing: ReplicaSet, old: readonly ReplicaSet[]): Promise<Ensured> {
    const { client, wroteSet, now } = this.#options;
    const annotations = annotationsFor(deployment, existing.metadata.annotations ?? {}, nextRevision(old));
    const { minReadySeconds = 0 } = deployment.spec ?? {};
    if (!deepEqual(annotations, existing.metadata.annotations ?? {}) || (existing.spec?.minReadySeconds ?? 0) !== minReadySeconds) {
      const spec = { selector: {}, ...existing.spec, minReadySeconds };
      const newSet = await client.update(REPLICASETS, { ...existing, metadata: { ...existing.metadata, annotations }, spec });
      wroteSet(deployment, newSet);
      return { deployment, newSet };
    }
    const found = {
      type: 'Progressing',
      status: 'True',
      reason: 'FoundNewReplicaSet',
      message: `Found new replica set "${existing.metadata.name}"`,
    };
    const conditions = deployment.status?.conditions ?? [];
    const noted = hasDeadline(deployment) && !progressing(deployment.status) ? setCondition(conditions, found, now()) : conditions;
    return { deployment: await this.#note(deployment, annotations[REVISION] ?? '', noted), newSet: existing };
  }

  /** Makes the set of the deployment's template. */
  async create(deployment: Deployment, old: readonly ReplicaSet[]): Promise<Ensured> {
    const { client, event, wroteSet, now } = this.#options;
    const revision = nextRevision(old);
    const replicas = newSetSize(deployment, undefined, old);
    const hash = templateHash(deployment.spec?.template, deployment.status?.collisionCount ?? 0);
    const conditions = deployment.status?.conditions ?? [];
    try {
      const newSet = await client.create(REPLICASETS, buildSet(deployment, hash, replicas, revision));
      wroteSet(deployment, newSet);
      const { name } = newSet.metadata;
      if (replicas > 0) event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${replicas}`);
      const created = { type: 'Progressing', status: 'True', reason: 'NewReplicaSetCreated', message: `Created new replica set "${name}"` };
      return {
        deployment: await this.#note(
          deployment,
          String(revision),
          hasDeadline(deployment) ? setCondition(conditions, created, now()) : conditions,
        ),
        newSet,
      };
    } catch (error) {
      if (isAlreadyExists(error)) return this.#meet(deployment, hash, revision, error);
      // In a namespace that is going away nothing can be made, and nobody needs to know.
      if (isNamespaceTerminating(error)) throw error;
      const message = `Failed to create new replica set "${deployment.metadata.name}-${hash}": ${error instanceof Error ? error.message : String(error)}`;
      event(deployment, 'Warning', 'ReplicaSetCreateError', message);
      const failed = { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message };
      if (hasDeadline(deployment)) await this.#note(deployment, undefined, setCondition(conditions, failed, now()));
      throw error;
    }
  }

  /** A set of that name is there: the deployment's own, which the cache does not show yet, or another with the same hash. */
  async #meet(deployment: Deployment, hash: string, revision: number, error: unknown): Promise<Ensured> {
    const { client, wroteDeployment, wroteSet } = this.#options;
    const key = { namespace: deployment.metadata.namespace, name: `${deployment.metadata.name}-${hash}` };
    const there = await client.get(REPLICASETS, key);
    const owner = there.metadata.ownerReferences?.find(({ controller }) => controller);
    if (owner?.uid === deployment.metadata.uid && sameTemplate(there, deployment.spec?.template)) {
      wroteSet(deployment, there);
      return { deployment: await this.#note(deployment, String(revision), deployment.status?.conditions ?? []), newSet: there };
    }
    const status = { ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 };
    wroteDeployment(await client.updateStatus(DEPLOYMENTS, { ...deployment, status }));
    throw error;
  }

  /** Sizes sets one after the other. */
  async resize(deployment: Deployment, changes: readonly Resize[]): Promise<void> {
    const { client, event, wroteSet } = this.#options;
    for (const { set, replicas, note = false } of changes) {
      const before = set.spec?.replicas ?? 0;
      const annotations = { ...set.metadata.annotations, ...sizeAnnotations(deployment) };
      if (before === replicas && !(note && !deepEqual(annotations, set.metadata.annotations))) continue;
      const spec = { selector: {}, ...set.spec, replicas };
      wroteSet(deployment, await client.update(REPLICASETS, { ...set, metadata: { ...set.metadata, annotations }, spec }));
      if (before === replicas) continue;
      const direction = replicas > before ? 'up' : 'down';
      event(
        deployment,
        'Normal',
        'ScalingReplicaSet',
        `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`,
      );
    }
  }

  /** Deletes the oldest of those that have no pods, beyond the history that is kept. */
  async cleanUp(deployment: Deployment, old: readonly ReplicaSet[]): Promise<void> {
    const alive = old.filter(({ metadata }) => !metadata.deletionTimestamp).toSorted((a, b) => revisionOf(a) - revisionOf(b));
    const surplus = alive.length - (deployment.spec?.revisionHistoryLimit ?? 10);
    for (const { metadata, spec, status } of alive.slice(0, Math.max(0, surplus))) {
      const observed = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
      if ((spec?.replicas ?? 0) !== 0 || (status?.replicas ?? 0) !== 0 || !observed) continue;
      await this.#options.client.delete(REPLICASETS, { namespace: metadata.namespace, name: metadata.name ?? '' }).catch(ignoreNotFound);
    }
  }

  /** Writes the revision (where given) and the conditions. */
  async #note(
    deployment: Deployment,
    revision: string | undefined,
    conditions: NonNullable<Deployment['status']>['conditions'],
  ): Promise<Deployment> {
    const { client, wroteDeployment } = this.#options;
    let noted = deployment;
    if (revision !== undefined && deployment.metadata.annotations?.[REVISION] !== revision) {
      const annotations = { ...deployment.metadata.annotations, [REVISION]: revision };
      // An update and no patch: that is what the controller's role allows.
      noted = await client.update(DEPLOYMENTS, { ...deployment, metadata: { ...deployment.metadata, annotations } });
      wroteDeployment(noted);
    }
    if (deepEqual(conditions, noted.status?.conditions ?? [])) return noted;
    noted = await client.updateStatus(DEPLOYMENTS, { ...noted, status: { ...noted.status, conditions } });
    wroteDeployment(noted);
    return noted;
  }
}

function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0) || 0;
}

function nextRevision(old: readonly ReplicaSet[]): number {
  return Math.max(0, ...old.map(revisionOf)) + 1;
}

function sizeAnnotations(deployment: Deployment): Readonly<Record<string, string>> {
  const replicas = deployment.spec?.replicas ?? 1;
  return { [DESIRED]: String(replicas), [MAX]: String(replicas + limits(deployment).maxSurge) };
}

/** The deployment's own annotations go along; a set that becomes the new one again remembers what it was before. */
function annotationsFor(
  deployment: Deployment,
  before: Readonly<Record<string, string>>,
  revision: number,
): Readonly<Record<string, string>> {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !NOT_COPIED.has(name));
  const annotations = { ...before, ...Object.fromEntries(copied) };
  const old = before[REVISION];
  if ((Number(old ?? 0) || 0) >= revision) return annotations;
  return { ...annotations, [REVISION]: String(revision), ...(old === undefined ? {} : historyWith(before[REVISION_HISTORY], old)) };
}

function historyWith(history: string | undefined, revision: string): Readonly<Record<string, string>> {
  const revisions = [...(history ? history.split(',') : []), revision];
  while (revisions.length > 1 && revisions.join(',').length > HISTORY_LENGTH) revisions.shift();
  return { [REVISION_HISTORY]: revisions.join(',') };
}

function buildSet(deployment: Deployment, hash: string, replicas: number, revision: number): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec ?? {};
  const labels = { ...template?.metadata?.labels, [HASH_LABEL]: hash };
  return {
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      annotations: { ...annotationsFor(deployment, {}, revision), ...sizeAnnotations(deployment) },
      ownerReferences: [controllerReference(deployment, DEPLOYMENTS)],
    },
    spec: {
      replicas,
      minReadySeconds,
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  };
}
