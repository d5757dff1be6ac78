// An API server in a process of its own, and a client of it that keeps 32 connections.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { fileURLToPath } from 'node:url';
import type { ServerFigures } from './api-server-process.ts';

const CONCURRENCY = 32;
const PROGRAM = fileURLToPath(new URL('./api-server-process.ts', import.meta.url));

export interface Hello {
  readonly port: number;
  readonly caCertificate: string;
  readonly admin: { readonly certificate: string; readonly key: string };
  readonly openMs: number;
  readonly openCpuMs: number;
  readonly objects: number;
}

export interface ServerUnderTest extends Hello {
  ask(method: string, path: string, body?: unknown, accept?: string): Promise<string>;
  /** Resolves when the watch is open; calls `onLine` for each of its lines. */
  watch(path: string, onLine: (line: string) => void): Promise<{ stop(): void }>;
  figures(): Promise<ServerFigures>;
  stop(): Promise<void>;
}

/** Starts a server on the state of `folder`. */
export async function startServer(folder: string): Promise<ServerUnderTest> {
  const child = spawn(
    process.execPath,
    [...(process.env['HOLDFAST_BENCH_NODE_OPTIONS']?.split(' ') ?? []), '--expose-gc', '--import', 'tsx', PROGRAM, folder],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  const hello = (await answerOf(child)) as Hello;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: CONCURRENCY,
    ca: hello.caCertificate,
    cert: hello.admin.certificate,
    key: hello.admin.key,
  });
  return {
    ...hello,
    ask: (method, path, body, accept) => ask(agent, hello.port, { method, path, body, ...(accept ? { accept } : {}) }),
    watch: async (path, onLine) => {
      let rest = '';
      const { certificate: cert, key } = hello.admin;
      const sent = request({ agent: false, host: '127.0.0.1', port: hello.port, path, ca: hello.caCertificate, cert, key });
      sent.end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onLine(line);
      });
      // It is broken off at the end.
      for (const end of [sent, response]) end.on('error', () => undefined);
      return { stop: () => sent.destroy() };
    },
    figures: () => {
      child.send('figures');
      return answerOf(child) as Promise<ServerFigures>;
    },
    stop: async () => {
      agent.destroy();
      child.send('stop');
      await once(child, 'exit');
    },
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const [message] = (await once(child, 'message')) as [unknown];
  return message;
}

function ask(
  agent: Agent,
  port: number,
  { method, path, body, accept = 'application/json' }: { method: string; path: string; body: unknown; accept?: string },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { agent, host: '127.0.0.1', port, method, path, headers: { 'content-type': 'application/json', accept } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if ((response.statusCode ?? 500) < 300) resolve(text);
          else reject(new Error(text));
        });
      },
    );
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Runs the work 32 at a time. */
export async function inParallel(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}
