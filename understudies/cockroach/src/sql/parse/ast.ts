// What the parser makes of a statement.
import type { SqlType } from '../values/types.ts';

export type Expr =
  | { readonly node: 'null' }
  | { readonly node: 'bool'; readonly value: boolean }
  | { readonly node: 'number'; readonly text: string }
  | { readonly node: 'string'; readonly value: string }
  | { readonly node: 'bytes'; readonly value: string }
  | { readonly node: 'param'; readonly index: number }
  | { readonly node: 'column'; readonly path: readonly string[] }
  | { readonly node: 'default' }
  | { readonly node: 'unary'; readonly op: '-' | '+' | 'not' | '~'; readonly operand: Expr }
  | { readonly node: 'binary'; readonly op: BinaryOp; readonly left: Expr; readonly right: Expr }
  | { readonly node: 'isNull'; readonly operand: Expr; readonly negated: boolean }
  | { readonly node: 'isBool'; readonly operand: Expr; readonly value: boolean; readonly negated: boolean }
  | { readonly node: 'in'; readonly operand: Expr; readonly list: readonly Expr[]; readonly negated: boolean }
  | { readonly node: 'between'; readonly operand: Expr; readonly low: Expr; readonly high: Expr; readonly negated: boolean }
  | { readonly node: 'case'; readonly operand?: Expr; readonly whens: readonly When[]; readonly otherwise?: Expr }
  | { readonly node: 'cast'; readonly operand: Expr; readonly type: SqlType }
  | CallExpr;

export interface When {
  readonly when: Expr;
  readonly result: Expr;
}

export interface CallExpr {
  readonly node: 'call';
  readonly name: string;
  readonly args: readonly Expr[];
  /** `count(*)`. */
  readonly star: boolean;
  readonly distinct: boolean;
  readonly filter?: Expr;
}

export type CompareOp = '=' | '<>' | '<' | '<=' | '>' | '>=';
export type BinaryOp =
  | CompareOp
  | 'and'
  | 'or'
  | '+'
  | '-'
  | '*'
  | '/'
  | '//'
  | '%'
  | '^'
  | '||'
  | 'like'
  | 'ilike'
  | 'not like'
  | 'not ilike'
  | '~'
  | '~*'
  | '!~'
  | '!~*'
  | 'is distinct from'
  | 'is not distinct from'
  | '->'
  | '->>';

/** A table's name as written: `table`, `database.table`, `schema.table` or `database.schema.table`. */
export type NamePath = readonly string[];

export interface SelectItem {
  readonly expr: Expr | { readonly node: 'star' };
  readonly alias?: string;
}

export interface OrderItem {
  readonly expr: Expr;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export interface Select {
  readonly kind: 'select';
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  readonly from?: TableRef;
  readonly where?: Expr;
  readonly groupBy: readonly Expr[];
  readonly having?: Expr;
  readonly orderBy: readonly OrderItem[];
  readonly limit?: Expr;
  readonly offset?: Expr;
}

/** `VALUES (…), (…)` as a statement of its own. */
export interface Values {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expr[])[];
}

export interface TableRef {
  readonly name: NamePath;
  readonly alias?: string;
}

export interface Assignment {
  readonly column: string;
  readonly value: Expr;
}

export interface OnConflict {
  /** The columns that identify the constraint; absent for any of them. */
  readonly columns?: readonly string[];
  /** Absent: do nothing. */
  readonly set?: readonly Assignment[];
  readonly where?: Expr;
}

export interface Insert {
  readonly kind: 'insert';
  readonly table: TableRef;
  readonly columns?: readonly string[];
  /** `undefined` for DEFAULT VALUES. */
  readonly rows?: readonly (readonly Expr[])[];
  readonly select?: Select;
  readonly upsert: boolean;
  readonly onConflict?: OnConflict;
  readonly returning?: readonly SelectItem[];
}

export interface Update {
  readonly kind: 'update';
  readonly table: TableRef;
  readonly set: readonly Assignment[];
  readonly where?: Expr;
  readonly orderBy: readonly OrderItem[];
  readonly limit?: Expr;
  readonly returning?: readonly SelectItem[];
}

export interface Delete {
  readonly kind: 'delete';
  readonly table: TableRef;
  readonly where?: Expr;
  readonly orderBy: readonly OrderItem[];
  readonly limit?: Expr;
  readonly returning?: readonly SelectItem[];
}

export interface ColumnDef {
  readonly name: string;
  readonly type: SqlType;
  readonly nullable: boolean;
  /** The default as SQL text. */
  readonly defaultText?: string;
  readonly primaryKey: boolean;
  readonly unique: boolean;
  readonly checks: readonly CheckDef[];
}

export interface CheckDef {
  readonly name?: string;
  readonly text: string;
}

export interface IndexDef {
  readonly name?: string;
  readonly unique: boolean;
  readonly columns: readonly string[];
}

export interface CreateTable {
  readonly kind: 'createTable';
  readonly name: NamePath;
  readonly ifNotExists: boolean;
  readonly columns: readonly ColumnDef[];
  readonly primaryKey?: { readonly name?: string; readonly columns: readonly string[] };
  readonly indexes: readonly IndexDef[];
  readonly checks: readonly CheckDef[];
}

export type AlterAction =
  | { readonly action: 'addColumn'; readonly column: ColumnDef; readonly ifNotExists: boolean }
  | { readonly action: 'dropColumn'; readonly column: string; readonly ifExists: boolean }
  | { readonly action: 'renameColumn'; readonly from: string; readonly to: string }
  | { readonly action: 'renameTable'; readonly to: string }
  | { readonly action: 'addUnique'; readonly index: IndexDef }
  | { readonly action: 'addCheck'; readonly check: CheckDef }
  | { readonly action: 'dropConstraint'; readonly name: string; readonly ifExists: boolean }
  | { readonly action: 'setNotNull' | 'dropNotNull' | 'dropDefault'; readonly column: string }
  | { readonly action: 'setDefault'; readonly column: string; readonly defaultText: string };

export type SettingScope = 'session' | 'local' | 'cluster';

export type Statement =
  | Select
  | Values
  | Insert
  | Update
  | Delete
  | CreateTable
  | { readonly kind: 'createDatabase'; readonly name: string; readonly ifNotExists: boolean }
  | { readonly kind: 'dropDatabase'; readonly name: string; readonly ifExists: boolean; readonly restrict: boolean }
  | { readonly kind: 'renameDatabase'; readonly from: string; readonly to: string }
  | { readonly kind: 'createIndex'; readonly table: NamePath; readonly index: IndexDef; readonly ifNotExists: boolean }
  | { readonly kind: 'dropIndex'; readonly table?: NamePath; readonly name: string; readonly ifExists: boolean }
  | { readonly kind: 'alterTable'; readonly name: NamePath; readonly ifExists: boolean; readonly actions: readonly AlterAction[] }
  | { readonly kind: 'dropTable'; readonly names: readonly NamePath[]; readonly ifExists: boolean }
  | { readonly kind: 'truncate'; readonly names: readonly NamePath[] }
  | {
      readonly kind: 'set';
      readonly scope: SettingScope;
      readonly name: string;
      readonly value: string | undefined;
      readonly tag: 'SET' | 'RESET';
    }
  | {
      readonly kind: 'show';
      readonly what: 'setting' | 'databases' | 'tables' | 'columns' | 'indexes' | 'create' | 'schemas' | 'all';
      readonly name: NamePath;
    }
  | { readonly kind: 'begin'; readonly readOnly: boolean }
  | { readonly kind: 'commit' }
  | { readonly kind: 'rollback' }
  | { readonly kind: 'savepoint' | 'release' | 'rollbackTo'; readonly name: string }
  | { readonly kind: 'discard' }
  | { readonly kind: 'deallocate'; readonly name: string | undefined };

/** A statement with the text it was written in. */
export interface ParsedStatement {
  readonly ast: Statement;
  readonly text: string;
  /** Highest placeholder number. */
  readonly params: number;
}
