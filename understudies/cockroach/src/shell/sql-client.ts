// A client that sends statements as text and takes results as text: what the shell needs of PostgreSQL's protocol.
import { connect, type Socket } from 'node:net';
import { cstring, int32 } from '../pgwire/bytes.ts';
import { type ClientMessage, FieldReader, MessageReader } from '../pgwire/reader.ts';
import type { TextResult } from './print.ts';

/** What the server refused. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly code: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;

  constructor(fields: ReadonlyMap<string, string>) {
    super(fields.get('M') ?? 'unknown error');
    this.code = fields.get('C') ?? '';
    this.detail = fields.get('D');
    this.hint = fields.get('H');
  }
}

/** `result` is absent for statements that return no rows. */
export interface Answer {
  readonly tag: string;
  readonly result?: TextResult;
  readonly notices: readonly string[];
}

/** Object identifiers of the types whose values stand to the right. */
const NUMBERS = new Set([20, 21, 23, 26, 700, 701, 1700]);

export interface SqlClientOptions {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly applicationName: string;
}

export class SqlClient {
  readonly #socket: Socket;
  readonly #reader = new MessageReader();
  readonly #chunks: AsyncIterator<Buffer>;
  #status = 'I';

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  /** Connects and says who it is. Rejects with the socket's error, or with ServerError. */
  static async connect({ host, port, user, database, applicationName }: SqlClientOptions): Promise<SqlClient> {
    const socket = connect({ host, port });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    // Later errors end the reading, which is where they are dealt with.
    socket.on('error', () => undefined);
    const client = new SqlClient(socket);
    const parameters = ['user', user, 'database', database, 'application_name', applicationName, 'client_encoding', 'UTF8', ''];
    const body = Buffer.concat([Buffer.from([0, 3, 0, 0]), ...parameters.map(cstring)]);
    socket.write(Buffer.concat([int32(body.length + 4), body]));
    await client.#answers();
    return client;
  }

  /** 'I' no transaction, 'T' in one, 'E' in one that failed. */
  get status(): string {
    return this.#status;
  }

  /** Runs the statements of the text. Rejects with ServerError at the first that fails; its `answers` so far are handed to `onAnswer`. */
  async query(text: string, onAnswer: (answer: Answer) => void): Promise<void> {
    const body = cstring(text);
    this.#socket.write(Buffer.concat([Buffer.from('Q'), int32(body.length + 4), body]));
    await this.#answers(onAnswer);
  }

  close(): void {
    this.#socket.end(Buffer.from([0x58, 0, 0, 0, 4]));
  }

  /** Reads up to the next ReadyForQuery. */
  async #answers(onAnswer: (answer: Answer) => void = () => undefined): Promise<void> {
    let failure: ServerError | undefined;
    let columns: TextResult['columns'] | undefined;
    let rows: (string | null)[][] = [];
    let notices: string[] = [];
    for (;;) {
      const { type, body } = await this.#next();
      switch (type) {
        case 'T':
          columns = body.list(() => column(body));
          break;
        case 'D':
          rows.push([...body.list(() => value(body))]);
          break;
        case 'N':
          notices.push(fields(body).get('M') ?? '');
          break;
        case 'C':
          onAnswer({ tag: body.cstring(), notices, ...(columns ? { result: { columns, rows } } : {}) });
          columns = undefined;
          rows = [];
          notices = [];
          break;
        case 'E':
          failure ??= new ServerError(fields(body));
          break;
        case 'Z':
          this.#status = body.byte();
          if (failure) throw failure;
          return;
      }
      // After a fatal error the server says no more.
      if (failure && (failure.code === '57P01' || failure.code.startsWith('08') || failure.code.startsWith('28'))) throw failure;
    }
  }

  async #next(): Promise<ClientMessage> {
    for (let message = this.#reader.next(false); ; message = this.#reader.next(false)) {
      if (message) return message;
      const { value: chunk, done } = await this.#chunks.next();
      if (done) throw new Error('the server closed the connection');
      this.#reader.push(chunk);
    }
  }
}

function column(body: FieldReader): TextResult['columns'][number] {
  const name = body.cstring();
  body.bytes(6);
  const type = body.int32();
  body.bytes(8);
  return { name, alignRight: NUMBERS.has(type) };
}

function value(body: FieldReader): string | null {
  const length = body.int32();
  return length < 0 ? null : body.bytes(length).toString();
}

function fields(body: FieldReader): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let type = body.byte(); type !== '\0'; type = body.byte()) found.set(type, body.cstring());
  return found;
}
