// Tells users what happened to an object, where `kubectl describe` shows it.
import type { Client } from '@holdfast/client';
import { type Clock, type Random, sleep } from '@holdfast/clock';
import { isNotFound, type KubeObject, type ObjectReference, StatusError } from '@holdfast/schema';
import { type Logger, silentLogger } from '../logger.ts';
import { EventCorrelator, type Verdict } from './correlator.ts';
import { type EventFacts, createFirst, patchRepeat } from './write-event.ts';

export type EventType = 'Normal' | 'Warning';

/** Details beyond reason and message. */
export interface EventDetails {
  /** What was being done ('Binding'); needed by events.k8s.io. */
  readonly action?: string;
  readonly related?: ObjectReference;
  /** The part of the object: 'spec.containers{db}'. */
  readonly fieldPath?: string;
}

/** Writes in the background and in order; never throws into the caller. */
export interface EventRecorder {
  event(object: KubeObject | ObjectReference, type: EventType, reason: string, message: string, details?: EventDetails): void;
  /** Resolves when everything recorded so far was written or given up. */
  flush(): Promise<void>;
}

/** Options of createEventRecorder. */
export interface EventRecorderOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  /** Source: 'statefulset-controller', 'kubelet'. */
  readonly component: string;
  /** The node's name, for agents. */
  readonly host?: string;
  /** 'core' (default) or events.k8s.io, which upstream's scheduler uses. */
  readonly api?: 'core' | 'events';
  readonly log?: Logger;
}

/** client-go's: a server that cannot be reached is tried this often, this far apart; a refusal is final. */
const MAX_TRIES = 12;
const RETRY_MS = 10_000;
/** Events that may wait to be written; more are dropped. */
const QUEUE_LENGTH = 1000;

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { clock, log = silentLogger } = options;
  const correlator = new EventCorrelator(clock);
  let waiting = 0;
  let tail: Promise<void> = Promise.resolve();

  async function write(facts: EventFacts): Promise<void> {
    const { object, type, reason, message } = facts;
    // Judged when its turn comes, so that it knows the names under which its forerunners were written.
    const verdict = correlator.judge({ object: identity(object), type, reason, message });
    if (verdict.kind === 'drop') return;
    for (let attempt = 1; ; attempt++) {
      try {
        correlator.remember(verdict.key, await send({ ...facts, message: verdict.message }, verdict));
        return;
      } catch (error) {
        if (error instanceof StatusError || attempt === MAX_TRIES) {
          log.warn({ err: error, reason, object: identity(object) }, 'event was not accepted');
          return;
        }
        await sleep(clock, RETRY_MS);
      }
    }
  }

  async function send(
    facts: EventFacts,
    { previous }: Verdict & { readonly kind: 'write' },
  ): Promise<{ readonly name: string; readonly count: number }> {
    if (!previous) return { name: await createFirst(options, facts, 1), count: 1 };
    const count = previous.count + 1;
    try {
      await patchRepeat(options, facts, previous.name, count);
      return { name: previous.name, count };
    } catch (error) {
      // Events live for an hour; then the repetition starts a new one.
      if (!isNotFound(error)) throw error;
      return { name: await createFirst(options, facts, count), count };
    }
  }

  return {
    event(object, type, reason, message, details = {}) {
      if (waiting >= QUEUE_LENGTH) {
        log.warn({ reason }, 'too many events waiting, one dropped');
        return;
      }
      const facts = { object: referenceTo(object, details.fieldPath), type, reason, message, details, atMs: clock.now() };
      waiting++;
      tail = tail
        .then(() => write(facts))
        .catch((err: unknown) => log.error({ err, reason }, 'event could not be written'))
        .finally(() => waiting--)
        .then(() => undefined);
    },
    flush: () => tail,
  };
}

function identity({ kind, namespace, name, uid, fieldPath }: ObjectReference): string {
  return `${kind}/${namespace ?? ''}/${name}/${uid ?? ''}/${fieldPath ?? ''}`;
}

function referenceTo(object: KubeObject | ObjectReference, fieldPath?: string): ObjectReference {
  const reference: ObjectReference = 'metadata' in object ? fromObject(object) : object;
  return fieldPath === undefined ? reference : { ...reference, fieldPath };
}

function fromObject({ apiVersion, kind, metadata }: KubeObject): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  const fields = { apiVersion, kind, namespace, name, uid, resourceVersion };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
