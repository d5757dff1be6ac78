// Prepared statements and portals of one connection.
import { SqlError } from '../sql/errors.ts';
import type { Prepared, StatementResult } from '../sql/session.ts';
import type { Datum } from '../sql/values/datum.ts';
import { type SqlType, typeByOid } from '../sql/values/types.ts';
import type { FormatCode } from './messages.ts';
import { type FieldReader, protocolViolation } from './reader.ts';

/** Reads and writes values as they travel. */
export interface ValueCodec {
  readonly toText: (value: Datum, type: SqlType) => string;
  readonly fromText: (text: string, type: SqlType) => Datum;
  readonly toBinary: (value: Datum, type: SqlType) => Uint8Array;
  readonly fromBinary: (bytes: Uint8Array, type: SqlType) => Datum;
}

/** Undefined: the text held no statement. */
export type NamedStatement = Prepared | undefined;

export interface Portal {
  readonly statement: NamedStatement;
  readonly parameters: readonly Datum[];
  readonly format: (column: number) => FormatCode;
  /** Set once it ran; rows up to `sent` have been sent. */
  result?: StatementResult;
  sent: number;
}

/** The statements and portals by name; '' is the unnamed one, which is replaced without a word. */
export class ExtendedState {
  readonly #statements = new Map<string, NamedStatement>();
  readonly #portals = new Map<string, Portal>();

  addStatement(name: string, statement: NamedStatement): void {
    if (name !== '' && this.#statements.has(name)) throw new SqlError('42P05', `prepared statement "${name}" already exists`);
    this.#statements.set(name, statement);
  }

  statement(name: string): NamedStatement {
    if (!this.#statements.has(name)) throw new SqlError('26000', `unknown prepared statement "${name}"`);
    return this.#statements.get(name);
  }

  addPortal(name: string, portal: Portal): void {
    if (name !== '' && this.#portals.has(name)) throw new SqlError('42P03', `portal "${name}" already exists`);
    this.#portals.set(name, portal);
  }

  portal(name: string): Portal {
    const portal = this.#portals.get(name);
    if (!portal) throw new SqlError('34000', `unknown portal "${name}"`);
    return portal;
  }

  /** Closing what is not there is no error. */
  close(kind: string, name: string): void {
    if (kind === 'S') this.#statements.delete(name);
    else if (kind === 'P') this.#portals.delete(name);
    else throw protocolViolation(`invalid CLOSE message subtype ${JSON.stringify(kind)}`);
  }

  /** Portals end with their transaction. */
  closePortals(): void {
    this.#portals.clear();
  }

  closeStatements(): void {
    this.#statements.clear();
  }
}

/** The types that a Parse message gives for its parameters; undefined where they are to be inferred. */
export function readTypeHints(body: FieldReader): readonly (SqlType | undefined)[] {
  return body.list(() => typeByOid(body.int32()));
}

/** Reads the rest of a Bind message, after its two names. */
export function readBind(body: FieldReader, statement: NamedStatement, codec: ValueCodec): Portal {
  const types = statement?.parameterTypes ?? [];
  const formats = body.list(() => formatCode(body.int16()));
  const count = body.count();
  if (formats.length > 1 && formats.length !== count)
    throw protocolViolation(`wrong number of format codes specified: ${formats.length} for ${count} arguments`);
  if (count !== types.length) throw protocolViolation(`expected ${types.length} arguments, got ${count}`);
  const parameters = types.map((type, index): Datum => {
    const length = body.int32();
    if (length === -1) return null;
    const bytes = body.bytes(length);
    return formatAt(formats, index) === 1 ? codec.fromBinary(bytes, type) : codec.fromText(bytes.toString(), type);
  });
  const results = body.list(() => formatCode(body.int16()));
  return { statement, parameters, format: (column) => formatAt(results, column), sent: 0 };
}

function formatAt(formats: readonly FormatCode[], index: number): FormatCode {
  return formats.length === 1 ? formats[0]! : (formats[index] ?? 0);
}

function formatCode(code: number): FormatCode {
  if (code !== 0 && code !== 1) throw protocolViolation(`unknown format code ${code}`);
  return code;
}
