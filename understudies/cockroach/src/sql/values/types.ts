// The SQL types: names, object identifiers, and how they are written.

export type TypeKind =
  | 'bool'
  | 'int'
  | 'float'
  | 'decimal'
  | 'string'
  | 'uuid'
  | 'timestamp'
  | 'timestamptz'
  | 'date'
  | 'interval'
  | 'bytes'
  | 'jsonb'
  | 'unknown';

/** A type. `bits` is the width of a narrow integer or float; `length` that of a limited string; `precision` and `scale` of a decimal. */
export interface SqlType {
  readonly kind: TypeKind;
  readonly bits?: number;
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
}

export const BOOL: SqlType = { kind: 'bool' };
export const INT: SqlType = { kind: 'int' };
export const FLOAT: SqlType = { kind: 'float' };
export const DECIMAL: SqlType = { kind: 'decimal' };
export const STRING: SqlType = { kind: 'string' };
export const UUID: SqlType = { kind: 'uuid' };
export const TIMESTAMP: SqlType = { kind: 'timestamp' };
export const TIMESTAMPTZ: SqlType = { kind: 'timestamptz' };
export const DATE: SqlType = { kind: 'date' };
export const INTERVAL: SqlType = { kind: 'interval' };
export const BYTES: SqlType = { kind: 'bytes' };
export const JSONB: SqlType = { kind: 'jsonb' };
/** The type of a bare NULL. */
export const UNKNOWN: SqlType = { kind: 'unknown' };

const BY_NAME: Readonly<Record<string, SqlType>> = {
  bool: BOOL,
  boolean: BOOL,
  int: INT,
  integer: INT,
  int8: INT,
  int64: INT,
  bigint: INT,
  int2: { kind: 'int', bits: 16 },
  smallint: { kind: 'int', bits: 16 },
  int4: { kind: 'int', bits: 32 },
  float: FLOAT,
  float8: FLOAT,
  'double precision': FLOAT,
  float4: { kind: 'float', bits: 32 },
  real: { kind: 'float', bits: 32 },
  decimal: DECIMAL,
  dec: DECIMAL,
  numeric: DECIMAL,
  string: STRING,
  text: STRING,
  varchar: STRING,
  char: { kind: 'string', length: 1 },
  character: { kind: 'string', length: 1 },
  'character varying': STRING,
  name: STRING,
  uuid: UUID,
  timestamp: TIMESTAMP,
  timestamptz: TIMESTAMPTZ,
  date: DATE,
  interval: INTERVAL,
  bytes: BYTES,
  bytea: BYTES,
  blob: BYTES,
  json: JSONB,
  jsonb: JSONB,
};

/** The type of that (lower-case) name, or undefined. */
export function typeByName(name: string): SqlType | undefined {
  return Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
}

/** Object identifiers of PostgreSQL's catalogue. */
export function typeOid(type: SqlType): number {
  switch (type.kind) {
    case 'bool':
      return 16;
    case 'bytes':
      return 17;
    case 'int':
      return type.bits === 16 ? 21 : type.bits === 32 ? 23 : 20;
    case 'string':
      return type.length === undefined ? 25 : 1043;
    case 'float':
      return type.bits === 32 ? 700 : 701;
    case 'decimal':
      return 1700;
    case 'uuid':
      return 2950;
    case 'timestamp':
      return 1114;
    case 'timestamptz':
      return 1184;
    case 'date':
      return 1082;
    case 'interval':
      return 1186;
    case 'jsonb':
      return 3802;
    case 'unknown':
      return 25;
  }
}

const BY_OID: Readonly<Record<number, SqlType>> = {
  16: BOOL,
  17: BYTES,
  18: STRING,
  19: STRING,
  20: INT,
  21: { kind: 'int', bits: 16 },
  23: { kind: 'int', bits: 32 },
  25: STRING,
  26: INT,
  114: JSONB,
  700: { kind: 'float', bits: 32 },
  701: FLOAT,
  1042: STRING,
  1043: STRING,
  1082: DATE,
  1114: TIMESTAMP,
  1184: TIMESTAMPTZ,
  1186: INTERVAL,
  1700: DECIMAL,
  2950: UUID,
  3802: JSONB,
};

/** The type with that object identifier; undefined for 0 and 705 (to be inferred) and for those that are not known. */
export function typeByOid(oid: number): SqlType | undefined {
  return BY_OID[oid];
}

/** Bytes of a value in binary form, -1 where they vary. */
export function typeSize(type: SqlType): number {
  switch (type.kind) {
    case 'bool':
      return 1;
    case 'int':
    case 'float':
      return (type.bits ?? 64) / 8;
    case 'timestamp':
    case 'timestamptz':
      return 8;
    case 'date':
      return 4;
    case 'uuid':
    case 'interval':
      return 16;
    default:
      return -1;
  }
}

/** The type as SHOW COLUMNS and SHOW CREATE TABLE write it. */
export function typeName(type: SqlType): string {
  switch (type.kind) {
    case 'int':
      return type.bits === 16 ? 'INT2' : type.bits === 32 ? 'INT4' : 'INT8';
    case 'float':
      return type.bits === 32 ? 'FLOAT4' : 'FLOAT8';
    case 'decimal':
      if (type.precision === undefined) return 'DECIMAL';
      return `DECIMAL(${type.precision}${type.scale === undefined ? '' : `,${type.scale}`})`;
    case 'string':
      return type.length === undefined ? 'STRING' : `VARCHAR(${type.length})`;
    default:
      return type.kind.toUpperCase();
  }
}

/** The family's name as error messages write it. */
export function familyName(type: SqlType): string {
  return type.kind;
}
