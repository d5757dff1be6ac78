// What a table needs to know of the resource whose objects it shows.
import type { CustomResourceColumnDefinition } from '@holdfast/schema';

export interface TableSource {
  readonly group: string;
  /** Plural name. */
  readonly resource: string;
  /** Set for custom resources: the columns that this version of the definition declares; may be empty. */
  readonly customColumns?: readonly CustomResourceColumnDefinition[];
}
