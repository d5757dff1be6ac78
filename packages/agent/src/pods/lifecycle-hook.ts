// postStart and preStop.
import { type Clock, sleep } from '@holdfast/clock';
import type { Container, LifecycleHandler } from '@holdfast/schema';
import { resolveAction } from '../probes/probe-action.ts';
import type { ProbeOutcome, RunningContainer } from '../runtime/runtime.ts';

/** Runs a hook for at most `limitMs`. Resolves with its outcome; rejects only when the signal aborts. */
export async function runHook(
  handler: LifecycleHandler,
  container: Container,
  run: RunningContainer,
  { clock, limitMs, signal }: { readonly clock: Clock; readonly limitMs: number; readonly signal: AbortSignal },
): Promise<ProbeOutcome> {
  if (handler.sleep) {
    await sleep(clock, Math.min(handler.sleep.seconds * 1000, limitMs), signal);
    return { success: true, message: '' };
  }
  const action = resolveAction(handler, container);
  if (action.kind === 'none') return { success: false, message: action.problem };
  return run.probe('hook', action, limitMs);
}
