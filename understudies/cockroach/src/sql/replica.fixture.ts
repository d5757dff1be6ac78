// Stand-ins for the replicated group: one that commits at once, and one that lets others come first.
import type { Random } from '@holdfast/clock';
import type { Replica } from '../replica.ts';
import type { Database } from './state/database.ts';

/** Commits at once. */
export function immediateReplica(database: Database): Replica {
  return { propose: async (command) => database.apply(command), readBarrier: async () => undefined };
}

/** Lets what is asked wait, and carries it out in an order of the seed's choice. */
export class ShuffledReplica implements Replica {
  readonly #database: Database;
  readonly #random: Random;
  #waiting: (() => void)[] = [];

  constructor(database: Database, random: Random) {
    this.#database = database;
    this.#random = random;
  }

  async propose(command: Uint8Array): Promise<unknown> {
    await this.#turn();
    return this.#database.apply(command);
  }

  async readBarrier(): Promise<void> {
    await this.#turn();
  }

  /** Works until all is settled. */
  async drive(work: readonly Promise<unknown>[]): Promise<void> {
    let open = true;
    const settled = Promise.allSettled(work).then((outcomes) => {
      open = false;
      return outcomes;
    });
    while (open) {
      await new Promise(setImmediate);
      const index = this.#random.int(Math.max(1, this.#waiting.length));
      this.#waiting.splice(index, 1)[0]?.();
    }
    for (const outcome of await settled) if (outcome.status === 'rejected') throw outcome.reason;
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
