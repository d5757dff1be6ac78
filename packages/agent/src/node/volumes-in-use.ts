// Volumes that pods of this node use or are about to use: no controller may detach them before the node's status says otherwise.

export class VolumesInUse {
  /** By the uid of the pod. */
  readonly #byPod = new Map<string, Set<string>>();
  readonly #report: () => Promise<void>;

  /** `report` writes the node's status; rejects when that was not possible. */
  constructor(report: () => Promise<void>) {
    this.#report = report;
  }

  /** Names as in Node.status.volumesInUse, in order. */
  list(): readonly string[] {
    if (this.#byPod.size === 0) return [];
    return [...new Set([...this.#byPod.values()].flatMap((names) => [...names]))].toSorted();
  }

  /** Resolves when the node's status says that the volume is in use: only then it may be mounted. */
  async use(podUid: string, name: string): Promise<void> {
    const names = this.#byPod.get(podUid) ?? new Set();
    if (names.has(name)) return;
    this.#byPod.set(podUid, names.add(name));
    try {
      await this.#report();
    } catch (error) {
      names.delete(name);
      throw error;
    }
  }

  /** The pod has unmounted everything. The next status says so; one that cannot be written now is written with the next beat. */
  release(podUid: string): void {
    if (this.#byPod.delete(podUid)) this.#report().catch(() => undefined);
  }
}
