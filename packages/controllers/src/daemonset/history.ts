// The revisions of a daemon set's template, as objects that `kubectl rollout history` reads (upstream's constructHistory).
import type { Client } from '@holdfast/client';
import { controllerReference, type ReadGuard } from '@holdfast/controller';
import { type ControllerRevision, CONTROLLERREVISIONS, type DaemonSet, DAEMONSETS, isAlreadyExists } from '@holdfast/schema';
import { templateHash } from '../history/hash.ts';
import { keeps, revisionData } from '../history/revisions.ts';
import { REVISION_LABEL } from './placement.ts';

export interface HistoryOptions {
  readonly client: Client;
  /** Told of each revision that is written. */
  readonly guard: ReadGuard;
}

export class DaemonHistory {
  readonly #options: HistoryOptions;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** The revision that keeps the set's template, with the highest number of all. `own`: the revisions that the set controls. */
  async current(set: DaemonSet, key: string, own: readonly ControllerRevision[]): Promise<ControllerRevision> {
    const data = revisionData(set.spec?.template);
    // By what it keeps and not by its name: a name depends on the collision count, and on who gave it.
    const found = own.findLast((revision) => keeps(revision, data));
    const number = Math.max(0, ...own.filter((revision) => revision !== found).map(({ revision }) => revision ?? 0)) + 1;
    if (!found) return this.#create(set, key, number);
    if ((found.revision ?? 0) >= number) return found;
    const { client, guard } = this.#options;
    const bumped = await client.update(CONTROLLERREVISIONS, { ...found, revision: number });
    guard.wrote(key, bumped);
    return bumped;
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

/** The value of its pods' label; one that an older controller made may have none. */
export function hashOf({ metadata }: ControllerRevision): string {
  return metadata.labels?.[REVISION_LABEL] ?? metadata.name ?? '';
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
