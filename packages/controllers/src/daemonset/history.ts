// The revisions of a daemon set's template, as objects that `kubectl rollout history` reads (upstream's constructHistory and cleanupHistory).
import type { Client } from '@holdfast/client';
import { controllerReference, type ReadGuard } from '@holdfast/controller';
import {
  type ControllerRevision,
  CONTROLLERREVISIONS,
  type DaemonSet,
  DAEMONSETS,
  ignoreNotFound,
  isAlreadyExists,
  type Pod,
  PODS,
} from '@holdfast/schema';
import { templateHash } from '../history/hash.ts';
import { keeps, revisionData, sortRevisions } from '../history/revisions.ts';
import { REVISION_LABEL } from './placement.ts';

export interface HistoryOptions {
  readonly client: Client;
  /** Told of each revision that is written. */
  readonly guard: ReadGuard;
  /** Told of each pod that is written. */
  readonly podGuard: ReadGuard;
}

/** What a set controls in one pass, and the set's key for the guards. */
export interface Controlled {
  readonly set: DaemonSet;
  readonly key: string;
  readonly revisions: readonly ControllerRevision[];
  readonly pods: readonly Pod[];
}

export interface History {
  /** Keeps the set's template, and has the highest number of all. */
  readonly current: ControllerRevision;
  readonly old: readonly ControllerRevision[];
  /** The set's pods, as they are now. */
  readonly pods: readonly Pod[];
}

export class DaemonHistory {
  readonly #options: HistoryOptions;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Brings the revisions into order: each with its label, one for the set's template. */
  async construct(controlled: Controlled): Promise<History> {
    const { set, key, pods } = controlled;
    const revisions = await this.#labelled(controlled);
    // By what it keeps and not by its name: a name depends on the collision count, and on who gave it.
    const data = revisionData(set.spec?.template);
    const same = revisions.filter((revision) => keeps(revision, data));
    const old = revisions.filter((revision) => !same.includes(revision));
    const number = Math.max(0, ...old.map(({ revision }) => revision ?? 0)) + 1;
    const found = same.at(-1);
    if (!found) return { current: await this.#create(set, key, number), old, pods };
    const kept = await this.#merge(controlled, found, same.slice(0, -1));
    if ((found.revision ?? 0) >= number) return { current: found, old, pods: kept };
    return { current: await this.#update(key, { ...found, revision: number }), old, pods: kept };
  }

  /** Deletes the oldest revisions beyond the set's limit, but none that a pod is of. */
  async cleanUp(set: DaemonSet, { old, pods }: History): Promise<void> {
    for (const revision of surplusRevisions(set, old, pods)) await this.#delete(revision);
  }

  /** Sorted, oldest first. One that an early controller made may have no label; its name tells its pods apart as well. */
  async #labelled({ key, revisions }: Controlled): Promise<readonly ControllerRevision[]> {
    const labelled: ControllerRevision[] = [];
    for (const revision of sortRevisions(revisions)) {
      const { metadata } = revision;
      const labels = { ...metadata.labels, [REVISION_LABEL]: metadata.name ?? '' };
      const lacks = metadata.labels?.[REVISION_LABEL] === undefined;
      labelled.push(lacks ? await this.#update(key, { ...revision, metadata: { ...metadata, labels } }) : revision);
    }
    return labelled;
  }

  /**
   * Makes one revision of several that keep the same. Their pods are labelled first, since a pod whose revision is gone would be replaced.
   * Upstream gives the label to all pods of the set, those of other templates included, which then are never updated; here they keep theirs.
   */
  async #merge({ key, pods }: Controlled, kept: ControllerRevision, duplicates: readonly ControllerRevision[]): Promise<readonly Pod[]> {
    if (duplicates.length === 0) return pods;
    const { client, podGuard } = this.#options;
    const hashes = new Set(duplicates.map(hashOf));
    const left: Pod[] = [];
    for (const pod of pods) {
      const { namespace, name = '', uid, labels } = pod.metadata;
      if (!hashes.has(labels?.[REVISION_LABEL] ?? '') || labels?.[REVISION_LABEL] === hashOf(kept)) {
        left.push(pod);
        continue;
      }
      const body = { metadata: { uid, labels: { [REVISION_LABEL]: hashOf(kept) } } };
      const written = await client.patch(PODS, { namespace, name }, { type: 'merge', body }).catch(ignoreNotFound);
      if (!written) continue;
      podGuard.wrote(key, written);
      left.push(written);
    }
    for (const duplicate of duplicates) await this.#delete(duplicate);
    return left;
  }

  async #update(key: string, revision: ControllerRevision): Promise<ControllerRevision> {
    const updated = await this.#options.client.update(CONTROLLERREVISIONS, revision);
    this.#options.guard.wrote(key, updated);
    return updated;
  }

  async #delete({ metadata: { namespace, name = '' } }: ControllerRevision): Promise<void> {
    await this.#options.client.delete(CONTROLLERREVISIONS, { namespace, name }).catch(ignoreNotFound);
  }

  async #create(set: DaemonSet, key: string, number: number): Promise<ControllerRevision> {
    const { client, guard } = this.#options;
    const wanted = buildRevision(set, number);
    try {
      const made = await client.create(CONTROLLERREVISIONS, wanted);
      guard.wrote(key, made);
      return made;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const { namespace, name = '' } = wanted.metadata;
      const there = await client.get(CONTROLLERREVISIONS, { namespace, name });
      if (keeps(there, wanted.data)) return there;
      await this.#collide(set);
      throw error;
    }
  }

  /** Another template has that name: the next pass finds another one, by a count that every reader of the set sees. */
  async #collide(set: DaemonSet): Promise<void> {
    const { client } = this.#options;
    const { namespace, name = '' } = set.metadata;
    const live = await client.get(DAEMONSETS, { namespace, name });
    const count = set.status?.collisionCount ?? 0;
    const newest = live.status?.collisionCount ?? 0;
    if (newest !== count) {
      throw new Error(
        `found a stale collision count (${count}, expected ${newest}) of DaemonSet "${name}" while processing; will retry until it is updated`,
      );
    }
    await client.updateStatus(DAEMONSETS, { ...live, status: { ...live.status, collisionCount: count + 1 } as DaemonSet['status'] });
  }
}

/** The value of its pods' label. */
export function hashOf({ metadata }: ControllerRevision): string {
  return metadata.labels?.[REVISION_LABEL] ?? '';
}

/** The revisions to delete. `old`: sorted, oldest first; those that pods are of stay, and count nonetheless, as upstream has it. */
export function surplusRevisions(set: DaemonSet, old: readonly ControllerRevision[], pods: readonly Pod[]): readonly ControllerRevision[] {
  const live = new Set(pods.map(({ metadata }) => metadata.labels?.[REVISION_LABEL] ?? ''));
  const surplus = Math.max(0, old.length - (set.spec?.revisionHistoryLimit ?? 10));
  return old.filter((revision) => !live.has(hashOf(revision))).slice(0, surplus);
}

function buildRevision(set: DaemonSet, number: number): ControllerRevision {
  const { metadata, spec, status } = set;
  const hash = templateHash(spec?.template, status?.collisionCount ?? 0);
  return {
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace,
      labels: { ...spec?.template?.metadata?.labels, [REVISION_LABEL]: hash },
      // With the cause of the change, which `kubectl rollout history` shows.
      ...(metadata.annotations ? { annotations: metadata.annotations } : {}),
      ownerReferences: [controllerReference(set, DAEMONSETS)],
    },
    data: revisionData(spec?.template),
    revision: number,
  };
}
