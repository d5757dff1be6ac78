// Queries of the kubelet's API: names and readings are the kubelet's own.
import type { ExecOptions, LogOptions } from '@holdfast/schema';

const INTEGER = /^[+-]?\d+$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** A query that cannot be served: the answer's code and its text. */
export class BadQuery extends Error {
  override readonly name = 'BadQuery';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Throws BadQuery, 400 for what does not parse and 422 for what makes no sense. */
export function logOptionsOf(query: URLSearchParams): LogOptions {
  const options: LogOptions = {
    follow: flag(query, 'follow'),
    previous: flag(query, 'previous'),
    timestamps: flag(query, 'timestamps'),
    ...whole(query, 'limitBytes'),
    ...whole(query, 'sinceSeconds'),
    ...whole(query, 'tailLines'),
    ...time(query),
  };
  const { limitBytes = 1, sinceSeconds = 1, tailLines = 0, sinceTime } = options;
  const both = options.sinceSeconds !== undefined && sinceTime !== undefined;
  if (both || limitBytes < 1 || sinceSeconds < 1 || tailLines < 0) throw new BadQuery(422, '{"message": "Invalid request."}');
  return options;
}

/** Throws BadQuery (400) when no stream is asked for. */
export function execOptionsOf(query: URLSearchParams): ExecOptions {
  const is = (name: string): boolean => query.get(name) === '1';
  const tty = is('tty');
  // A terminal has one output.
  const options = { command: query.getAll('command'), stdin: is('input'), stdout: is('output'), stderr: is('error') && !tty, tty };
  if (!options.stdin && !options.stdout && !options.stderr) throw new BadQuery(400, 'you must specify at least 1 of stdin, stdout, stderr');
  return options;
}

function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

function whole<K extends string>(query: URLSearchParams, name: K): { readonly [P in K]?: number } {
  const value = query.get(name);
  if (value === null || value === '') return {};
  if (!INTEGER.test(value) || !Number.isSafeInteger(Number(value))) throw undecodable();
  return { [name]: Number(value) } as { readonly [P in K]?: number };
}

function time(query: URLSearchParams): { readonly sinceTime?: string } {
  const value = query.get('sinceTime');
  if (value === null || value === '') return {};
  if (!TIME.test(value) || Number.isNaN(Date.parse(value))) throw undecodable();
  return { sinceTime: value };
}

function undecodable(): BadQuery {
  return new BadQuery(400, '{"message": "Unable to decode query."}');
}
