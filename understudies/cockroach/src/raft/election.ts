// The votes of one election, or of the round before it that disturbs nobody (section 9.6).
import { type Configuration, type NodeId, quorum } from './messages.ts';

export class Election {
  readonly #configuration: Configuration;
  readonly #votes = new Map<NodeId, boolean>();

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  /** The first answer of each voter counts. */
  vote(from: NodeId, granted: boolean): void {
    if (this.#configuration.voters.includes(from) && !this.#votes.has(from)) this.#votes.set(from, granted);
  }

  get outcome(): 'won' | 'lost' | 'open' {
    const granted = [...this.#votes.values()].filter(Boolean).length;
    if (granted >= quorum(this.#configuration)) return 'won';
    return this.#votes.size - granted > this.#configuration.voters.length - quorum(this.#configuration) ? 'lost' : 'open';
  }
}
