// What the process is given by its surroundings: streams, the pod's address, the container's root folder.
import type { Readable, Writable } from 'node:stream';
import { join } from 'node:path';
import type { Clock, Random } from '@holdfast/clock';
import { type Resolve, resolver } from '../net/resolve.ts';

export interface Environment {
  readonly clock: Clock;
  readonly random: Random;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable;
  /** Aborts when the process is told to end (SIGTERM, SIGINT). */
  readonly signal: AbortSignal;
}

/** The address that the process may listen on when it is told none: its pod's own, as several pods share this machine. */
export function podIp({ variables }: Environment): string | undefined {
  return variables['HOLDFAST_POD_IP'] || undefined;
}

/** Finds hosts as this process should. */
export function resolverOf(environment: Environment): Resolve {
  const { clock, random, variables } = environment;
  return resolver({ clock, random, podIp: podIp(environment), dnsServer: variables['HOLDFAST_DNS'] || undefined });
}

/** Where a path inside the container lies on this machine. */
export function inContainer({ variables }: Environment, path: string): string {
  const root = variables['HOLDFAST_CONTAINER_ROOT'];
  // Paths at or under a mount have been rewritten already when they stood in the command.
  return root && !path.startsWith(`${root}/`) ? join(root, path) : path;
}
