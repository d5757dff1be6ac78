// The status after a step: what holds, what is awaited, and what was tried. Pure but for the clock.
import { isConditionTrue, setCondition } from '@holdfast/controller';
import { type Clock, timestamp } from '@holdfast/clock';
import type { ActionStatus, ActionType, ClusterCondition, ConditionType, CrdbClusterStatus, OperatorAction } from '../api/crdb-cluster.ts';
import type { Outcome } from './act.ts';
import type { Step } from './decide.ts';
import { isPodReady } from './nodes.ts';
import type { Observed } from './observed.ts';

type Setting = Omit<ClusterCondition, 'lastTransitionTime'>;

/** The new status; the old one, the same value, when nothing changed. */
export function statusAfter(observed: Observed, step: Step, outcome: Outcome, clock: Clock): CrdbClusterStatus {
  const old = observed.cluster.status ?? {};
  if (step.kind === 'leave') return old;
  let conditions = old.conditions ?? [];
  for (const setting of settingsOf(observed, step, outcome)) ({ conditions } = setCondition<ClusterCondition>(conditions, setting, clock));
  const operatorActions = actionsAfter(old.operatorActions, step, outcome, clock);
  const clusterStatus = clusterStatusAfter(old.clusterStatus, step, isConditionTrue(conditions, 'Ready'));
  const versions =
    step.kind === 'checkVersion' && outcome.succeeded ? { version: step.image.version, crdbcontainerimage: step.image.image } : {};
  const unchanged =
    conditions === old.conditions &&
    operatorActions === old.operatorActions &&
    clusterStatus === old.clusterStatus &&
    Object.keys(versions).length === 0;
  return unchanged ? old : { ...old, ...versions, conditions, clusterStatus, ...(operatorActions ? { operatorActions } : {}) };
}

function settingsOf(observed: Observed, step: Step, outcome: Outcome): readonly Setting[] {
  if (step.kind === 'start') {
    return [
      { type: 'Initialized', status: 'False', reason: 'Starting', message: 'the cluster is not initialized yet' },
      { type: 'CrdbVersionChecked', status: 'False', reason: 'Starting', message: 'the version of the image is not checked yet' },
    ];
  }
  const settings: Setting[] = [
    step.kind === 'refuse'
      ? { type: 'Accepted', status: 'False', reason: step.problem.reason, message: step.problem.message }
      : { type: 'Accepted', status: 'True', reason: 'SpecAccepted', message: 'the spec is carried out' },
    readiness(observed, step, outcome),
  ];
  if (step.kind === 'checkVersion' && outcome.succeeded) {
    settings.push(met('CrdbVersionChecked', 'VersionOfTag', `the image ${step.image.image} has version ${step.image.version}`));
  }
  if (step.kind === 'initialize' && outcome.succeeded) settings.push(met('Initialized', 'InitSucceeded', 'the cluster is initialized'));
  return settings;
}

function readiness({ cluster, objects, pods }: Observed, step: Step, outcome: Outcome): Setting {
  const awaited = (reason: string, message: string): Setting => ({ type: 'Ready', status: 'False', reason, message });
  const ready = pods.filter(isPodReady).length;
  const count = `${ready} of ${cluster.spec.nodes} nodes are ready`;
  if (!outcome.succeeded) return awaited('ActionFailed', outcome.message ?? 'the last action failed and is tried again');
  switch (step.kind) {
    case 'settled':
      return met('Ready', 'AllNodesReady', step.reason);
    case 'wait':
      return awaited(step.reason, step.message);
    case 'refuse': {
      // What was asked for before still runs, and says so.
      const replicas = objects.statefulSet?.spec?.replicas;
      if (replicas === undefined) return awaited('NotDeployed', 'nothing is deployed, since the spec was refused: see condition Accepted');
      const initialized = isConditionTrue(cluster.status?.conditions, 'Initialized');
      if (initialized && ready >= replicas) return met('Ready', 'AllNodesReady', `all ${replicas} nodes are ready`);
      return awaited('WaitingForNodes', `${ready} of ${replicas} nodes are ready`);
    }
    case 'initialize':
      return awaited('WaitingForNodes', `the cluster was initialized; ${count}`);
    case 'apply':
    case 'checkVersion':
    case 'start':
    case 'leave':
      return awaited('Deploying', `the cluster's objects are being brought up to date; ${count}`);
  }
}

/** Upstream writes an entry when an action fails, and marks it finished when it succeeds later. */
function actionsAfter(
  old: readonly OperatorAction[] | undefined,
  step: Step,
  outcome: Outcome,
  clock: Clock,
): readonly OperatorAction[] | undefined {
  const failure = failureOf(step, outcome);
  const done = doneBy(step, failure);
  const flipped = old?.some(({ type, status }) => done(type) && status === 'Failed')
    ? old.map(
        (action): OperatorAction =>
          done(action.type) && action.status === 'Failed'
            ? { ...action, status: 'Finished', message: '', lastTransitionTime: timestamp(clock) }
            : action,
      )
    : old;
  if (!failure) return flipped;
  const known = flipped?.find(({ type }) => type === failure.type);
  if (known?.status === 'Failed' && known.message === failure.message) return flipped;
  const entry: OperatorAction = { ...failure, status: 'Failed', lastTransitionTime: timestamp(clock) };
  return [...(flipped ?? []).filter(({ type }) => type !== failure.type), entry];
}

function failureOf(step: Step, outcome: Outcome): { readonly type: ActionType; readonly message: string } | undefined {
  if (step.kind === 'refuse') return { type: step.problem.action, message: step.problem.message };
  if (step.kind === 'wait' && step.failed) return { type: 'VersionCheckerAction', message: step.message };
  const type = actionOf(step);
  return outcome.succeeded || type === undefined ? undefined : { type, message: outcome.message ?? '' };
}

/** Which actions a step shows to have succeeded: its own, and where nothing is left to do, all. */
function doneBy(step: Step, failure: { readonly type: ActionType } | undefined): (type: ActionType) => boolean {
  if (step.kind === 'settled') return () => true;
  if (failure) return () => false;
  // Whatever was refused before is not refused any more, since refusals come before everything else.
  return step.kind === 'start' ? () => false : (type) => type !== 'Initialize' || step.kind === 'initialize';
}

function actionOf(step: Step): ActionType | undefined {
  if (step.kind === 'apply') return step.action;
  if (step.kind === 'checkVersion') return 'VersionCheckerAction';
  return step.kind === 'initialize' ? 'Initialize' : undefined;
}

/** Starting until the cluster is ready for the first time, then Finished; Failed while something stands in the way. */
function clusterStatusAfter(old: ActionStatus | undefined, step: Step, ready: boolean): ActionStatus {
  if (step.kind === 'refuse' || (step.kind === 'wait' && step.failed)) return 'Failed';
  if (ready) return 'Finished';
  return old === 'Finished' ? 'Finished' : 'Starting';
}

function met(type: ConditionType, reason: string, message: string): Setting {
  return { type, status: 'True', reason, message };
}
