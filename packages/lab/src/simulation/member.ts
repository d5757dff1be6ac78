// One program of a simulated cluster: it can be stopped, can crash, and can be started again with nothing remembered.
import type { Clock, Random } from '@holdfast/clock';
import { type ComponentFactory, createManager, type Logger, type Manager } from '@holdfast/controller';
import type { Client } from '@holdfast/client';
import { Link } from './link.ts';

export interface MemberOptions {
  /** 'controllers', the account of a controller that is apart, 'scheduler', or a node's name. */
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Makes the client of one life of the program, over the link. */
  readonly connect: (link: Link) => Client;
  /** Makes the components of one life. */
  readonly components: () => readonly ComponentFactory[];
  /** Restricts its caches to fields, by plural resource name. */
  readonly fieldSelectors?: Readonly<Record<string, string>>;
}

interface Life {
  readonly stopping: AbortController;
  readonly manager: Manager;
  /** The way of this life alone: what a crashed life still tries must not reach the server. */
  readonly link: Link;
}

export class Member {
  readonly name: string;
  readonly #options: MemberOptions;
  #life: Life | undefined;

  constructor(options: MemberOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get running(): boolean {
    return this.#life !== undefined;
  }

  /** The way between the running program and the API. Throws when the program does not run. */
  get link(): Link {
    if (!this.#life) throw new Error(`${this.name} does not run, so it has no link`);
    return this.#life.link;
  }

  /** Starts the program; resolves when its components run. */
  start(): Promise<void> {
    if (this.#life) throw new Error(`${this.name} runs already`);
    const { clock, random, log, connect, components, fieldSelectors } = this.#options;
    const link = new Link(clock);
    const manager = createManager({
      client: connect(link),
      clock,
      random,
      log: log.child({ as: this.name }),
      components: components(),
      fieldSelectors,
    });
    const stopping = new AbortController();
    this.#life = { stopping, manager, link };
    return manager.start(stopping.signal);
  }

  /** Ends the program in order; resolves when nothing of it runs. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (!life) return;
    this.#life = undefined;
    life.stopping.abort();
    await life.manager.stopped();
  }

  /** Ends the program at once: requests under way may have arrived or not, and nothing more is sent. */
  crash(): void {
    const life = this.#life;
    if (!life) return;
    this.#life = undefined;
    life.link.cut();
    life.stopping.abort();
  }
}
