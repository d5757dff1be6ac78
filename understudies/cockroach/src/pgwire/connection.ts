// One client's connection: its messages in order, one statement at a time.
import type { Socket } from 'node:net';
import { SqlError } from '../sql/errors.ts';
import { isControl } from '../sql/exec/plan-statement.ts';
import type { ParsedStatement } from '../sql/parse/ast.ts';
import type { Prepared, Session, StatementResult } from '../sql/session.ts';
import type { Datum } from '../sql/values/datum.ts';
import { ExtendedState, type Portal, readBind, readTypeHints, type ValueCodec } from './extended.ts';
import * as out from './messages.ts';
import type { ClientInput } from './client-input.ts';
import { type ClientMessage, type FieldReader, protocolViolation } from './reader.ts';

/** Rows are handed to the socket in portions of about this size. */
const FLUSH_BYTES = 64 << 10;

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly input: ClientInput;
  readonly session: Session;
  readonly parse: (text: string) => readonly ParsedStatement[];
  readonly codec: ValueCodec;
}

const text = (): out.FormatCode => 0;

export class SqlConnection {
  readonly #options: ConnectionOptions;
  readonly #extended = new ExtendedState();
  #running: AbortController | undefined;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** After an error in an extended query, all is skipped until Sync. */
  #skipping = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Gives up the running statement, if there is one. */
  cancel(): void {
    this.#running?.abort(new SqlError('57014', 'query execution canceled due to user request'));
  }

  /** Serves until the client leaves. Rejects with SqlError where the client breaks the protocol. */
  async serve(): Promise<void> {
    const { input, session } = this.#options;
    // Nobody is left who could be told the outcome.
    input.onLeft = () => this.#running?.abort(new SqlError('57014', 'query execution canceled: the client has left'));
    try {
      for (;;) {
        let message = input.now();
        if (!message) {
          await this.flush();
          message = await input.next();
        }
        if (!message || message.type === 'X') return;
        await this.#handle(message);
      }
    } finally {
      session.close();
    }
  }

  async send(...messages: readonly Uint8Array[]): Promise<void> {
    for (const message of messages) {
      this.#pending.push(message);
      this.#pendingBytes += message.length;
    }
    if (this.#pendingBytes >= FLUSH_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    const { socket } = this.#options;
    if (this.#pending.length === 0) return;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    if (socket.destroyed || socket.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
    });
  }

  async #handle({ type, body }: ClientMessage): Promise<void> {
    if (type === 'S') {
      this.#skipping = false;
      if (this.#options.session.status === 'I') this.#extended.closePortals();
      return this.#ready();
    }
    if (type === 'Q') {
      await this.#simple(body.cstring());
      return this.#ready();
    }
    if (this.#skipping) return;
    try {
      await this.#extendedMessage(type, body);
    } catch (error) {
      await this.#failed(error);
      this.#skipping = true;
    }
  }

  async #extendedMessage(type: string, body: FieldReader): Promise<void> {
    switch (type) {
      case 'P':
        return this.#parse(body.cstring(), body.cstring(), body);
      case 'B': {
        const portal = body.cstring();
        this.#extended.addPortal(portal, readBind(body, this.#extended.statement(body.cstring()), this.#options.codec));
        return this.send(out.BIND_COMPLETE);
      }
      case 'D':
        return this.#describe(body.byte(), body.cstring());
      case 'E':
        return this.#execute(this.#extended.portal(body.cstring()), body.int32());
      case 'C':
        this.#extended.close(body.byte(), body.cstring());
        return this.send(out.CLOSE_COMPLETE);
      case 'H':
        return this.flush();
      case 'd':
      case 'c':
      case 'f':
        // Data of a COPY that was refused is still on its way.
        return;
      case 'F':
        throw new SqlError('0A000', 'function calls by the fast path are not supported: use SELECT');
      default:
        throw protocolViolation(`unrecognized client message type ${JSON.stringify(type)}`);
    }
  }

  async #simple(query: string): Promise<void> {
    try {
      const statements = this.#options.parse(query);
      if (statements.length === 0) await this.send(out.EMPTY_QUERY);
      for (const batch of batches(statements)) {
        if (batch.length > 1 && this.#options.session.status === 'I') await this.#together(batch);
        else for (const statement of batch) await this.#alone(statement);
      }
    } catch (error) {
      await this.#failed(error);
    }
  }

  async #alone(statement: ParsedStatement): Promise<void> {
    // Nothing is to be described beforehand, and running a statement looks up its names anyway.
    const prepared: Prepared =
      statement.params === 0
        ? { statement, parameterTypes: [], columns: undefined }
        : await this.#run((signal) => this.#options.session.prepare(statement, [], signal));
    const result = await this.#run((signal) => this.#options.session.execute(prepared, [], signal));
    this.#note(statement);
    await this.#answer(result);
  }

  async #together(statements: readonly ParsedStatement[]): Promise<void> {
    const { results, error } = await this.#run((signal) => this.#options.session.executeTogether(statements, signal));
    for (const result of results) await this.#answer(result);
    if (error !== undefined) throw error;
  }

  async #answer(result: StatementResult): Promise<void> {
    if (result.columns) await this.send(out.rowDescription(result.columns, text));
    await this.#rows(result, 0, Number.POSITIVE_INFINITY, text);
    await this.#complete(result);
  }

  async #parse(name: string, query: string, body: FieldReader): Promise<void> {
    const statements = this.#options.parse(query);
    const hints = readTypeHints(body);
    const [statement] = statements;
    if (statements.length > 1) throw new SqlError('42601', 'prepared statement had more than one statement: send them one by one');
    const prepared = statement && (await this.#run((signal) => this.#options.session.prepare(statement, hints, signal)));
    this.#extended.addStatement(name, prepared);
    await this.send(out.PARSE_COMPLETE);
  }

  async #describe(kind: string, name: string): Promise<void> {
    if (kind === 'S') {
      const statement = this.#extended.statement(name);
      await this.send(out.parameterDescription(statement?.parameterTypes ?? []));
      await this.send(statement?.columns ? out.rowDescription(statement.columns, text) : out.NO_DATA);
    } else if (kind === 'P') {
      const { statement, format } = this.#extended.portal(name);
      await this.send(statement?.columns ? out.rowDescription(statement.columns, format) : out.NO_DATA);
    } else {
      throw protocolViolation(`invalid DESCRIBE message subtype ${JSON.stringify(kind)}`);
    }
  }

  async #execute(portal: Portal, limit: number): Promise<void> {
    const { statement, parameters, format } = portal;
    if (!statement) return this.send(out.EMPTY_QUERY);
    portal.result ??= await this.#run((signal) => this.#options.session.execute(statement, parameters, signal));
    this.#note(statement.statement);
    const most = limit > 0 ? limit : Number.POSITIVE_INFINITY;
    portal.sent = await this.#rows(portal.result, portal.sent, most, format);
    if (portal.sent < (portal.result.rows?.length ?? 0)) return this.send(out.PORTAL_SUSPENDED);
    await this.#complete(portal.result);
  }

  /** Sends rows from `from` on; returns where it stopped. */
  async #rows(
    { columns = [], rows = [] }: StatementResult,
    from: number,
    most: number,
    format: (column: number) => out.FormatCode,
  ): Promise<number> {
    const { codec } = this.#options;
    const end = Math.min(rows.length, from + most);
    const encode = (value: Datum, index: number): Uint8Array | null => {
      const { type } = columns[index]!;
      if (value === null) return null;
      return format(index) === 1 ? codec.toBinary(value, type) : Buffer.from(codec.toText(value, type));
    };
    for (let index = from; index < end; index++) await this.send(out.dataRow(rows[index]!.map(encode)));
    return end;
  }

  async #complete({ notices = [], tag }: StatementResult): Promise<void> {
    await this.send(...notices.map(out.noticeResponse), out.commandComplete(tag));
  }

  /** Statements that end others by name. */
  #note({ ast }: ParsedStatement): void {
    if (ast.kind === 'discard' || (ast.kind === 'deallocate' && ast.name === undefined)) this.#extended.closeStatements();
    else if (ast.kind === 'deallocate' && ast.name !== undefined) this.#extended.close('S', ast.name);
  }

  async #run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const running = new AbortController();
    this.#running = running;
    try {
      return await work(running.signal);
    } finally {
      this.#running = undefined;
    }
  }

  async #failed(error: unknown): Promise<void> {
    const known = out.asSqlError(error);
    this.#options.session.fail();
    await this.send(out.errorResponse('ERROR', known));
    // The client cannot be understood from here on.
    if (known.code === '08P01') throw known;
  }

  async #ready(): Promise<void> {
    await this.send(out.readyForQuery(this.#options.session.status));
    await this.flush();
  }
}

/** Statements of one simple query in groups that take effect together: what controls transactions or the session stands alone, and so does what cannot run. */
function batches(statements: readonly ParsedStatement[]): readonly (readonly ParsedStatement[])[] {
  const groups: ParsedStatement[][] = [];
  let open: ParsedStatement[] | undefined;
  for (const statement of statements) {
    const alone = isControl(statement.ast) || statement.params > 0;
    if (alone || !open) groups.push((open = []));
    open.push(statement);
    if (alone) open = undefined;
  }
  return groups;
}
