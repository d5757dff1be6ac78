// What loading gives: objects, what could not be read, and what was only counted.
import type { SourcedObject } from '../model/sourced-object.ts';

/** Something that could not be read, or could not be listed. It makes the check incomplete: never a silent pass. */
export interface LoadProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Objects of all inputs in the order read, each once. */
export interface Loaded {
  readonly objects: readonly SourcedObject[];
  readonly problems: readonly LoadProblem[];
  /** Objects that came again under the same kind, namespace and name; the first one counts. */
  readonly duplicates: readonly { readonly again: SourcedObject; readonly first: SourcedObject }[];
  /** Kinds that a cluster did not let us list: rules that need them cannot run. */
  readonly notListed: ReadonlySet<string>;
  /** A live cluster: what is not among the objects does not exist. Files may be a part of what there is. */
  readonly live: boolean;
}
