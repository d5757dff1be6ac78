import { type Random, seededRandom } from '@holdfast/clock';
import type { InformerEvent, InformerHandler } from '@holdfast/controller';
import type { Pod, ReplicaSet } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { type Counts, countPods, PodCounts } from './counts.ts';

const SELECTOR = { matchLabels: { app: 'web' } };
const SETS: readonly ReplicaSet[] = ['a', 'b'].map((uid) => ({
  metadata: { name: uid, uid },
  spec: { selector: SELECTOR, template: { metadata: { labels: { app: 'web', tier: uid } } } },
}));

/** The pods of a cache that tells of their changes. */
class Pods {
  readonly #pods = new Map<string, Pod>();
  readonly #handlers: InformerHandler<Pod>[] = [];

  addHandler(handler: InformerHandler<Pod>): () => void {
    this.#handlers.push(handler);
    return () => undefined;
  }

  byIndex(_index: string, uid: string): readonly Pod[] {
    return [...this.#pods.values()].filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === uid);
  }

  put(pod: Pod): void {
    const old = this.#pods.get(pod.metadata.uid ?? '');
    this.#pods.set(pod.metadata.uid ?? '', pod);
    this.#tell(old ? { type: 'updated', object: pod, old } : { type: 'added', object: pod, isInInitialList: false });
  }

  delete(uid: string): void {
    const object = this.#pods.get(uid);
    if (!object) return;
    this.#pods.delete(uid);
    this.#tell({ type: 'deleted', object, finalStateUnknown: false });
  }

  #tell(event: InformerEvent<Pod>): void {
    for (const handler of this.#handlers) handler(event);
  }
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.int(choices.length)]!;
}

function podOf(random: Random, uid: string, labels: Readonly<Record<string, string>>): Pod {
  const owner = pick(random, ['a', 'b', undefined]);
  return {
    metadata: {
      uid,
      labels,
      ...(owner ? { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }] } : {}),
      ...(random.int(4) === 0 ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    status: {
      phase: pick(random, ['Pending', 'Running', 'Failed']),
      conditions: [{ type: 'Ready', status: pick(random, ['True', 'False']) }],
    },
  };
}

const numbersOf = ({ active, fullyLabeled, ready }: Counts): Counts => ({ active, fullyLabeled, ready });

describe('the counts of a ReplicaSet', () => {
  it.each([1, 2, 3, 4, 5])('are those of its pods, whatever has happened (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const pods = new Pods();
    const counts = new PodCounts(pods, 'controller');
    for (let step = 0; step < 500; step++) {
      const uid = `pod-${random.int(12)}`;
      if (random.int(5) === 0) pods.delete(uid);
      else
        pods.put(
          podOf(
            random,
            uid,
            pick<Readonly<Record<string, string>>>(random, [{ app: 'web' }, { app: 'web', tier: 'a' }, { app: 'web', tier: 'b' }]),
          ),
        );
      for (const set of SETS) {
        const own = pods.byIndex('', set.metadata.uid ?? '');
        expect(numbersOf(counts.of(set)!)).toEqual(numbersOf(countPods(set, own)));
      }
    }
  });

  it('are not given while a pod has lost the labels that the set selects', () => {
    const random = seededRandom(1);
    const pods = new Pods();
    const counts = new PodCounts(pods, 'controller');
    const [set] = SETS;
    const owned = { ...podOf(random, 'p', { app: 'web' }) };
    const pod: Pod = {
      ...owned,
      metadata: {
        ...owned.metadata,
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'a', uid: 'a', controller: true }],
      },
    };
    pods.put(pod);
    expect(counts.of(set!)).toBeDefined();
    pods.put({ ...pod, metadata: { ...pod.metadata, labels: { app: 'other' } } });
    expect(counts.of(set!)).toBeUndefined();
    pods.delete('p');
    expect(counts.of(set!)).toMatchObject({ active: 0, ready: 0 });
  });

  it('follow another template', () => {
    const pods = new Pods();
    const counts = new PodCounts(pods, 'controller');
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'a', uid: 'a', controller: true };
    pods.put({ metadata: { uid: 'p', labels: { app: 'web', tier: 'a' }, ownerReferences: [owner] } });
    const [set] = SETS;
    expect(counts.of(set!)).toMatchObject({ active: 1, fullyLabeled: 1 });
    const template = { metadata: { labels: { app: 'web', tier: 'other' } } };
    expect(counts.of({ ...set!, spec: { selector: SELECTOR, template } })).toMatchObject({ active: 1, fullyLabeled: 0 });
  });
});
