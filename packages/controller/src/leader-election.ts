// One of several replicas acts: the one that holds a Lease.
import type { Client } from '@holdfast/client';
import { type Clock, microTimestamp, type Random, sleep } from '@holdfast/clock';
import { ignoreNotFound, isAlreadyExists, isConflict, type Lease, LEASES } from '@holdfast/schema';
import type { Logger } from './logger.ts';

/** Options of leadWhileHolding; the defaults are client-go's. */
export interface LeaderElectionOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly namespace: string;
  /** Name of the Lease. */
  readonly name: string;
  /** Unique to this replica: its pod's name and a uuid. */
  readonly identity: string;
  /** How long a holder that is silent keeps the others waiting (default 15 s). */
  readonly leaseDurationMs?: number;
  /** How long the holder tries to renew before it gives up (default 10 s). */
  readonly renewDeadlineMs?: number;
  /** Between attempts (default 2 s). */
  readonly retryMs?: number;
}

/** The Lease was lost: the program must end, since another may act by now. */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError';
}

/** What was last seen of the Lease, by this replica's own clock: clocks of different machines are never compared. */
interface Observed {
  readonly resourceVersion: string;
  readonly atMs: number;
}

/**
 * Waits for the Lease, then runs `lead` for as long as it is held. Resolves when the signal aborted and the Lease was given
 * back; rejects with LeadershipLostError when it could not be renewed, after `lead`'s signal was aborted.
 */
export async function leadWhileHolding(
  options: LeaderElectionOptions,
  signal: AbortSignal,
  lead: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { clock, random, log, renewDeadlineMs = 10_000, retryMs = 2000 } = options;
  let observed: Observed | undefined;
  const attempt = async (): Promise<boolean> => {
    const outcome = await tryToHold(options, observed);
    observed = outcome.observed;
    return outcome.held;
  };

  while (!(await attempt().catch((err: unknown) => failed(log, err)))) {
    // Jitter as client-go's, so that replicas do not ask in step.
    await sleep(clock, retryMs * (1 + 1.2 * random.next()), signal).catch(() => undefined);
    if (signal.aborted) return;
  }
  log.info({ lease: options.name, identity: options.identity }, 'became leader');

  const leading = new AbortController();
  const work = lead(AbortSignal.any([signal, leading.signal]));
  let workEnded = false;
  work.then(
    () => {
      workEnded = true;
    },
    () => {
      workEnded = true;
    },
  );
  let renewedMs = clock.now();
  while (!signal.aborted && !workEnded) {
    await sleep(clock, retryMs, signal).catch(() => undefined);
    if (signal.aborted) break;
    if (await attempt().catch((err: unknown) => failed(log, err))) renewedMs = clock.now();
    else if (clock.now() - renewedMs >= renewDeadlineMs) {
      leading.abort(new LeadershipLostError('the lease was not renewed in time'));
      await work.catch(() => undefined);
      throw new LeadershipLostError(`lost the lease ${options.namespace}/${options.name}`);
    }
  }
  try {
    await work;
  } finally {
    await release(options).catch((err: unknown) => failed(log, err));
  }
}

function failed(log: Logger, err: unknown): false {
  log.warn({ err }, 'leader election failed, trying again');
  return false;
}

async function tryToHold(
  options: LeaderElectionOptions,
  seen: Observed | undefined,
): Promise<{ readonly held: boolean; readonly observed: Observed | undefined }> {
  const { client, clock, namespace, name, identity, leaseDurationMs = 15_000 } = options;
  const current = await client.get(LEASES, { namespace, name }).catch(ignoreNotFound);
  const resourceVersion = current?.metadata.resourceVersion ?? '';
  const observed = seen?.resourceVersion === resourceVersion ? seen : { resourceVersion, atMs: clock.now() };
  const holder = current?.spec?.holderIdentity ?? '';
  const heldMs = (current?.spec?.leaseDurationSeconds ?? leaseDurationMs / 1000) * 1000;
  if (holder !== '' && holder !== identity && clock.now() < observed.atMs + heldMs) return { held: false, observed };
  try {
    const written = await write(options, current);
    return { held: true, observed: { resourceVersion: written.metadata.resourceVersion ?? '', atMs: clock.now() } };
  } catch (error) {
    if (isConflict(error) || isAlreadyExists(error)) return { held: false, observed };
    throw error;
  }
}

function write(options: LeaderElectionOptions, current: Lease | undefined): Promise<Lease> {
  const { client, clock, namespace, name, identity, leaseDurationMs = 15_000 } = options;
  const now = microTimestamp(clock);
  const mine = current?.spec?.holderIdentity === identity;
  const spec = {
    ...current?.spec,
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
    renewTime: now,
    acquireTime: mine ? (current.spec?.acquireTime ?? now) : now,
    leaseTransitions: (current?.spec?.leaseTransitions ?? 0) + (current && !mine ? 1 : 0),
  };
  if (!current) return client.create(LEASES, { metadata: { namespace, name }, spec });
  return client.update(LEASES, { ...current, spec });
}

/** Lets the next replica in without waiting for the end of the lease. */
async function release(options: LeaderElectionOptions): Promise<void> {
  const { client, clock, namespace, name, identity } = options;
  const current = await client.get(LEASES, { namespace, name });
  if (current.spec?.holderIdentity !== identity) return;
  const now = microTimestamp(clock);
  await client.update(LEASES, {
    ...current,
    spec: { ...current.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now },
  });
}
