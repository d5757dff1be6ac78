// Which names an expression may use.
import { SqlError, undefinedColumn } from '../errors.ts';
import type { CallExpr, Expr } from '../parse/ast.ts';
import type { SqlType } from '../values/types.ts';
import type { Bound } from './bound.ts';

export interface ScopeColumn {
  /** The table's name or alias. */
  readonly table: string;
  readonly name: string;
  readonly type: SqlType;
  readonly hidden?: boolean;
}

/** The types of a statement's placeholders: known ones from the client, the others as the context tells. */
export class Parameters {
  readonly #types: (SqlType | undefined)[];

  constructor(count: number, hints: readonly (SqlType | undefined)[]) {
    this.#types = Array.from({ length: count }, (_, index) => hints[index]);
  }

  /** The type of `$index`, which is `expected` from now on where it was not known. */
  type(index: number, expected: SqlType | undefined): SqlType | undefined {
    const known = this.#types[index - 1];
    if (known) return known;
    if (expected && expected.kind !== 'unknown') this.#types[index - 1] = expected;
    return this.#types[index - 1];
  }

  /** All types. Throws 42P18 where one cannot be told. */
  get all(): readonly SqlType[] {
    return this.#types.map((type, index) => {
      if (!type) throw new SqlError('42P18', `could not determine data type of placeholder $${index + 1}`);
      return type;
    });
  }
}

/** Takes the aggregates out of the expressions of a query. */
export interface Grouping {
  /** Expressions of GROUP BY, as text. */
  readonly keys: ReadonlySet<string>;
  /** Columns that may be used by themselves, as the key says what they are. */
  readonly determined: ReadonlySet<string>;
  /** Notes the aggregate; the bound expression reads its result. */
  readonly aggregate: (call: CallExpr) => Bound;
}

export interface Scope {
  readonly columns: readonly ScopeColumn[];
  readonly params: Parameters;
  readonly grouping?: Grouping;
  /** Columns of the row that could not be inserted, under the name `excluded`. */
  readonly excluded?: readonly ScopeColumn[];
  /** What is bound, for refusals: 'WHERE', 'DEFAULT'. */
  readonly place: string;
}

/** Where the named column stands. Throws 42703 and 42702. */
export function resolveColumn(
  scope: Scope,
  path: readonly string[],
): { readonly position: number; readonly column: ScopeColumn; readonly excluded: boolean } {
  const name = path.at(-1)!;
  const table = path.at(-2);
  const excluded = table === 'excluded' && scope.excluded !== undefined;
  const columns = excluded ? scope.excluded! : scope.columns;
  const found = columns
    .map((column, position) => ({ column, position, excluded }))
    .filter(({ column }) => column.name === name && (table === undefined || excluded || column.table === table));
  if (found.length > 1) throw new SqlError('42702', `column reference "${name}" is ambiguous`);
  if (!found[0]) throw undefinedColumn(path.slice(-2).join('.'));
  return found[0];
}

/** The expression as a text to compare it by. */
export function keyOfExpr(expr: Expr): string {
  return JSON.stringify(expr);
}
