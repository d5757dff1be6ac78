// The Logger over pino.
import pino from 'pino';
import type { Logger } from './logger.ts';

/** Levels that a Logger writes. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** One JSON line each to a stream or, given a path, appended to a file that only the user can read. Errors go under `err`. */
export function createPinoLogger(destination: string | { write(text: string): void }, level: LogLevel = 'info'): Logger {
  const stream =
    typeof destination === 'string' ? pino.destination({ dest: destination, sync: false, mkdir: true, mode: 0o600 }) : destination;
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    stream,
  );
}
