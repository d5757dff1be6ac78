// How the rows of one kind are made. Each family of kinds has a file of printers under printers/.
import type { KubeObject } from '@holdfast/schema';

/** A cell as JSON has it; null is shown as nothing. */
export type Cell = string | number | boolean | null;

/** What cells depend on besides the object. */
export interface PrintContext {
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
}

/** A condition of a row; kubectl hides rows that are Completed from some lists. */
export interface RowCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/**
 * Makes the cells of one object, as many as the resource has columns in the API table and in their order. Objects may be
 * bare (a bookmark has metadata only), so every field must be read as optional.
 */
export interface Printer<T extends KubeObject = KubeObject> {
  // A method and not a property: printers of one kind can then stand in one map, which gives each only its own kind.
  cells(object: T, context: PrintContext): readonly Cell[];
  conditions?(object: T): readonly RowCondition[];
}

/** Printers by plural name, with the group after a dot where it is not the core group: 'pods', 'statefulsets.apps'. */
export type PrinterFamily = Readonly<Record<string, Printer>>;

/** A printer that needs no more than its cells; `T` is the kind that it prints. */
export function printer<T extends KubeObject>(cells: (object: T, context: PrintContext) => readonly Cell[]): Printer<T> {
  return { cells };
}
