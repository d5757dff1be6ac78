// observe, decide, act, and say in the status what came of it.
import type { Client } from '@holdfast/client';
import {
  type EventRecorder,
  findCondition,
  type ReconcileContext,
  type Reconciler,
  type Request,
  requestKey,
  type Result,
} from '@holdfast/controller';
import { ignoreNotFound, isConflict } from '@holdfast/schema';
import { CRDB_CLUSTERS, type CrdbClusterStatus } from '../api/crdb-cluster.ts';
import { act, type Outcome } from './act.ts';
import { decide, type Step } from './decide.ts';
import { observe } from './observe.ts';
import type { Observed, OperatorSettings } from './observed.ts';
import { statusAfter } from './status.ts';

/** A node whose process has just started refuses connections for a moment. */
const INIT_RETRY_MS = 1000;
/** Things that no watch tells of, such as a ConfigMap that is to be corrected. */
const RECHECK_MS = 30_000;

export function clusterReconciler(client: Client, events: EventRecorder, settings: OperatorSettings): Reconciler {
  /** When init may be tried again: reporting a failure is a change of its own, and must not set off the next attempt. */
  const initNotBefore = new Map<string, number>();

  async function reconcile(request: Request, context: ReconcileContext): Promise<Result | void> {
    const { signal, clock, log } = context;
    const key = requestKey(request);
    const observed = await observe(client, settings, request, signal);
    if (!observed) {
      initNotBefore.delete(key);
      return;
    }
    const step = decide(observed);
    const pauseMs = step.kind === 'initialize' ? (initNotBefore.get(key) ?? 0) - clock.now() : 0;
    if (pauseMs > 0) return { requeueAfterMs: pauseMs };
    log.debug({ step: step.kind, reason: 'reason' in step ? step.reason : step.problem.reason }, 'decided');
    if (step.kind === 'initialize') initNotBefore.set(key, clock.now() + INIT_RETRY_MS);
    let outcome: Outcome;
    try {
      outcome = await act(step, observed, { client, events, signal });
    } catch (error) {
      // Somebody was quicker, or the server is not reachable: nothing worth a line in the status.
      if (isConflict(error) || signal.aborted) throw error;
      outcome = { succeeded: false, message: error instanceof Error ? error.message : String(error) };
      await report(observed, statusAfter(observed, step, outcome, clock), step);
      throw error;
    }
    await report(observed, statusAfter(observed, step, outcome, clock), step);
    return next(step, outcome);
  }

  /** One write at the end, and an event for what users should notice; nothing when nothing changed. */
  async function report({ cluster }: Observed, status: CrdbClusterStatus, step: Step): Promise<void> {
    if (status === cluster.status || step.kind === 'leave') return;
    const { namespace, name = '' } = cluster.metadata;
    // A merge of the status alone cannot undo what users change in the spec meanwhile.
    await client
      .patch(CRDB_CLUSTERS, { namespace, name }, { type: 'merge', body: { status } }, { subresource: 'status' })
      .catch(ignoreNotFound);
    for (const type of ['Accepted', 'Ready'] as const) {
      const before = findCondition(cluster.status?.conditions, type);
      const now = findCondition(status.conditions, type);
      if (!now || (before?.status === now.status && before.reason === now.reason)) continue;
      const message = now.message ?? '';
      if (type === 'Ready' && now.status === 'True') events.event(cluster, 'Normal', now.reason ?? 'Ready', message);
      else if (now.status === 'False' && (type === 'Accepted' || (step.kind === 'wait' && step.failed))) {
        events.event(cluster, 'Warning', now.reason ?? type, message);
      }
    }
  }

  return { reconcile };
}

function next(step: Step, outcome: Outcome): Result | void {
  switch (step.kind) {
    case 'initialize':
      return { requeueAfterMs: outcome.succeeded ? 0 : INIT_RETRY_MS };
    case 'start':
    case 'apply':
    case 'checkVersion':
      return { requeueAfterMs: 0 };
    case 'refuse':
    case 'wait':
      return { requeueAfterMs: RECHECK_MS };
    case 'leave':
    case 'settled':
      return undefined;
  }
}
