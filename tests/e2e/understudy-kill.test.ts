// The understudy of CockroachDB as real processes: kill -9 at any moment loses no acknowledged write.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom, sleep, systemClock } from '@holdfast/clock';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { root, run } from './harness.ts';

const PROGRAM = join(root, 'dist', 'bundles', 'cockroach', 'cockroach.mjs');
const NODES = [0, 1, 2] as const;
const ROUNDS = Number(process.env['HOLDFAST_KILL_ROUNDS'] ?? 8);
const SEED = Number(process.env['HOLDFAST_KILL_SEED'] ?? 1);

/** Three nodes on addresses of their own; what is left of them goes with the test. */
class Cluster implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'holdfast-understudy-'));
  readonly #processes = new Map<number, ChildProcess>();
  /** Tests that run side by side do not meet. */
  readonly #net = `127.77.${process.pid % 250}`;

  host(node: number): string {
    return `${this.#net}.${node + 1}`;
  }

  start(node: number): void {
    const host = this.host(node);
    const addresses = NODES.map((other) => `${this.host(other)}:26257`).join(',');
    const args = ['start', '--insecure', `--listen-addr=${host}:26257`, `--http-addr=${host}:8080`, `--join=${addresses}`];
    const child = spawn(process.execPath, [PROGRAM, ...args, `--store=${join(this.#folder, String(node))}`], {
      stdio: ['ignore', 'ignore', openSync(join(this.#folder, `${node}.log`), 'a')],
    });
    this.#processes.set(node, child);
  }

  async kill(node: number): Promise<void> {
    const child = this.#processes.get(node);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** Whether the node serves and votes. */
  async ready(node: number): Promise<boolean> {
    const answer = await fetch(`http://${this.host(node)}:8080/health?ready=1`);
    await answer.arrayBuffer();
    return answer.ok;
  }

  cockroach(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string; readonly code: number }> {
    return run(process.execPath, [PROGRAM, ...args, '--insecure', `--host=${this.host(0)}`]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of NODES) await this.kill(node);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Inserts one row after the other through one node, and comes back whenever it is turned away. */
class PinnedWriter {
  readonly #host: string;
  readonly #first: number;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  readonly attempted = new Set<number>();
  readonly acknowledged = new Set<number>();
  #onAcknowledged: () => void = () => undefined;

  constructor(host: string, first: number) {
    this.#host = host;
    this.#first = first;
    this.#done = this.#run();
  }

  /** Resolves when so many more rows have been acknowledged. */
  async more(count: number): Promise<void> {
    const wanted = this.acknowledged.size + count;
    while (this.acknowledged.size < wanted) await new Promise<void>((resolve) => (this.#onAcknowledged = resolve));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const clock = systemClock();
    while (!this.#stop.signal.aborted) {
      const client = new pg.Client({ host: this.#host, port: 26257, user: 'root', database: 'defaultdb' });
      // A connection that breaks fails its statement, which is where it is dealt with.
      client.on('error', () => undefined);
      try {
        await client.connect();
        while (!this.#stop.signal.aborted) {
          const id = this.#first + this.attempted.size;
          this.attempted.add(id);
          await client.query('INSERT INTO kept (id) VALUES ($1)', [id]);
          this.acknowledged.add(id);
          this.#onAcknowledged();
        }
      } catch {
        // Nobody listens, or the node lost its majority: whether the row is there is not known, so it is not counted.
        await sleep(clock, 50);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }
}

describe('three nodes of the understudy', { timeout: 120_000 }, () => {
  it(`keep every acknowledged write through ${ROUNDS} kills (seed ${SEED})`, async () => {
    await using cluster = new Cluster();
    const random = seededRandom(SEED);
    for (const node of NODES) cluster.start(node);
    const clock = systemClock();
    for (let ended = await cluster.cockroach('init'); ended.code !== 0; ended = await cluster.cockroach('init')) {
      expect(ended.stderr, 'the nodes are starting').toMatch(/cannot dial server|ECONNREFUSED/);
      await sleep(clock, 100);
    }
    expect((await cluster.cockroach('sql', '-e', 'CREATE TABLE kept (id INT PRIMARY KEY)')).stderr).toBe('');
    const writers = NODES.map((node) => new PinnedWriter(cluster.host(node), node * 1_000_000));
    await Promise.all(writers.map((writer) => writer.more(10)));
    // Each node has its vote: from here on, any one of them may be lost.
    for (const node of NODES) while (!(await cluster.ready(node))) await sleep(clock, 50);

    for (let round = 1; round <= ROUNDS; round++) {
      // Every fourth time the lights go out for all of them at once.
      const victims = round % 4 === 0 ? NODES : [random.int(NODES.length)];
      await writers[random.int(NODES.length)]!.more(random.int(30));
      await Promise.all(victims.map((victim) => cluster.kill(victim)));
      const others = writers.filter((_, node) => !victims.some((victim) => victim === node));
      await Promise.all(others.map((writer) => writer.more(20)));
      for (const victim of victims) cluster.start(victim);
      // The one that was away takes part again.
      await Promise.all(victims.map((victim) => writers[victim]!.more(10)));
    }

    await Promise.all(writers.map((writer) => writer.stop()));
    const acknowledged = writers.flatMap((writer) => [...writer.acknowledged]);
    const attempted = new Set(writers.flatMap((writer) => [...writer.attempted]));
    for (const node of NODES) {
      const client = new pg.Client({ host: cluster.host(node), port: 26257, user: 'root', database: 'defaultdb' });
      await client.connect();
      const { rows } = await client.query<{ id: string }>('SELECT id FROM kept');
      await client.end();
      const kept = new Set(rows.map((row) => Number(row.id)));
      expect(
        acknowledged.filter((id) => !kept.has(id)),
        `lost, as node ${node} sees it`,
      ).toEqual([]);
      expect(
        [...kept].filter((id) => !attempted.has(id)),
        'rows that nobody wrote',
      ).toEqual([]);
      expect(rows.length, 'rows that are there twice').toBe(kept.size);
    }
    expect(acknowledged.length).toBeGreaterThan(ROUNDS * 40);
  });
});
