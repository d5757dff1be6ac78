// A client that writes all the time and remembers what was confirmed: the judge of every exercise.
import { type Clock, sleep } from '@holdfast/clock';
import pg from 'pg';
import type { WriteReport } from './report.ts';

/** Where the database answers: the address is asked for again at each connection. */
export interface WriterOptions {
  readonly clock: Clock;
  readonly address: () => Promise<{ readonly host: string; readonly port: number }>;
  /** Pause between two writes. */
  readonly pauseMs?: number;
}

/** A database that has not answered a statement for so long is given up on and asked through a new connection. */
const STATEMENT_LIMIT_MS = 5_000;
const RECONNECT_PAUSE_MS = 50;
const TABLE = 'testdb.holdfast_writes';

/** Writes numbered rows, one after the other, until stopped. */
export class Writer {
  readonly #options: WriterOptions;
  readonly #stop = new AbortController();
  readonly #acknowledged: number[] = [];
  #longestGapMs = 0;
  #lastAckMs = 0;
  #attempts = 0;
  #lastError: string | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Creates the table and starts; resolves when the first write has been confirmed. */
  async start(): Promise<void> {
    await this.#session(async (client) => {
      await client.query(`CREATE TABLE IF NOT EXISTS ${TABLE} (id INT PRIMARY KEY, written_at TIMESTAMP DEFAULT now())`);
    });
    let first: () => void = () => undefined;
    const confirmed = new Promise<void>((resolve) => {
      first = resolve;
    });
    this.#lastAckMs = this.#options.clock.now();
    this.#running = this.#loop(first);
    await Promise.race([confirmed, this.#running]);
  }

  get acknowledged(): number {
    return this.#acknowledged.length;
  }

  /** Milliseconds since the last confirmation. */
  get silentForMs(): number {
    return this.#options.clock.now() - this.#lastAckMs;
  }

  /** What the database said to the last write that it refused. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** Ends the writing; resolves when the last write has its answer. */
  async stop(): Promise<void> {
    this.#noteGap();
    this.#stop.abort();
    await this.#running;
  }

  /** Reads all rows back and counts what was confirmed and is not there. */
  async verify(): Promise<WriteReport> {
    const present = new Set<number>();
    await this.#session(async (client) => {
      const result = await client.query<{ id: string | number }>(`SELECT id FROM ${TABLE}`);
      for (const row of result.rows) present.add(Number(row.id));
    });
    const lost = this.#acknowledged.filter((id) => !present.has(id)).length;
    return { acknowledged: this.#acknowledged.length, lost, longestGapMs: this.#longestGapMs };
  }

  async #loop(first: () => void): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#session(async (client) => {
          while (!this.#stop.signal.aborted) {
            // A write whose answer never came may or may not have happened: its number is not used again.
            const id = ++this.#attempts;
            await client.query(`INSERT INTO ${TABLE} (id) VALUES ($1)`, [id]);
            this.#noteGap();
            this.#lastAckMs = this.#options.clock.now();
            this.#acknowledged.push(id);
            first();
            await this.#pause(this.#options.pauseMs ?? 10);
          }
        });
      } catch (error) {
        this.#lastError = error instanceof Error ? error.message : String(error);
        await this.#pause(RECONNECT_PAUSE_MS);
      }
    }
  }

  #noteGap(): void {
    this.#longestGapMs = Math.max(this.#longestGapMs, this.#options.clock.now() - this.#lastAckMs);
  }

  async #pause(ms: number): Promise<void> {
    // Being stopped ends the pause early; the loop then sees it.
    await sleep(this.#options.clock, ms, this.#stop.signal).catch(() => undefined);
  }

  async #session(work: (client: pg.Client) => Promise<void>): Promise<void> {
    const { host, port } = await this.#options.address();
    const client = new pg.Client({
      host,
      port,
      user: 'root',
      database: 'defaultdb',
      connectionTimeoutMillis: STATEMENT_LIMIT_MS,
      query_timeout: STATEMENT_LIMIT_MS,
    });
    // A connection that breaks while idle is reported here as well as at the next query, which is where it is dealt with.
    client.on('error', (error) => {
      this.#lastError = error.message;
    });
    try {
      await client.connect();
      await work(client);
    } finally {
      // Ending a broken connection may never resolve; the socket is closed either way.
      void client.end().catch(() => undefined);
    }
  }
}
