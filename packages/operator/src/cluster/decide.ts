// What to do next for a cluster: one step, the first that applies, with its reason. Pure.
import { isConditionTrue } from '@holdfast/controller';
import { type ActionType, RESTART_ANNOTATION, SKIP_LABEL } from '../api/crdb-cluster.ts';
import { type ResolvedImage, resolveImage } from '../api/image.ts';
import { type Problem, problemOf } from '../api/validation.ts';
import { namesOf } from '../build/names.ts';
import { accessChanges, deploymentChanges } from './desired.ts';
import type { Change } from './difference.ts';
import { imageTrouble, isDatabaseRunning, isPodReady, whyNotReady } from './nodes.ts';
import type { Observed } from './observed.ts';
import { refusalOf } from './refusals.ts';

export type Step =
  /** Nothing may be done, not even status. */
  | { readonly kind: 'leave'; readonly reason: string }
  /** First sight: say so before anything is created. */
  | { readonly kind: 'start'; readonly reason: string }
  /** The spec cannot be carried out; what runs stays as it is. */
  | { readonly kind: 'refuse'; readonly problem: Problem }
  | { readonly kind: 'checkVersion'; readonly image: ResolvedImage; readonly reason: string }
  | { readonly kind: 'apply'; readonly action: ActionType; readonly changes: readonly Change[]; readonly reason: string }
  | { readonly kind: 'initialize'; readonly pod: string; readonly reason: string }
  /** Somebody else must move; `failed`: nobody will by himself. */
  | { readonly kind: 'wait'; readonly reason: string; readonly message: string; readonly failed?: boolean }
  | { readonly kind: 'settled'; readonly reason: string };

export function decide(observed: Observed): Step {
  const { cluster, logging, settings } = observed;
  if (cluster.metadata.deletionTimestamp !== undefined)
    return { kind: 'leave', reason: 'the cluster is being deleted; its objects go with it, its claims stay' };
  if (!cluster.status?.clusterStatus) return { kind: 'start', reason: 'first seen' };
  if (cluster.metadata.labels?.[SKIP_LABEL] === 'true') return { kind: 'leave', reason: `the label ${SKIP_LABEL} is set` };

  // Everything that can be refused is, before anything is written: nothing is ever half applied.
  const image = resolveImage(cluster.spec, settings.supported);
  const problem = problemOf(cluster.spec);
  if (problem) return { kind: 'refuse', problem };
  if ('reason' in image) return { kind: 'refuse', problem: image };
  if (logging.problem) return { kind: 'refuse', problem: logging.problem };
  const refusal = refusalOf(observed, image);
  if (refusal) return { kind: 'refuse', problem: refusal };

  // The pods' identity comes first: without it no pod is admitted.
  const access = accessChanges(observed, image);
  if (access.length > 0) return { kind: 'apply', action: 'SetupRBAC', changes: access, reason: reasonsOf(access) };

  const { conditions, crdbcontainerimage } = cluster.status;
  if (!isConditionTrue(conditions, 'CrdbVersionChecked') || crdbcontainerimage !== image.image) {
    return { kind: 'checkVersion', image, reason: `the version of ${image.image} was not checked` };
  }

  const changes = deploymentChanges(observed, image);
  if (changes.length > 0) return { kind: 'apply', action: 'Deploy', changes, reason: reasonsOf(changes) };

  return isConditionTrue(conditions, 'Initialized') ? run(observed) : bootstrap(observed);
}

/** The first node makes the cluster; the others join it. */
function bootstrap({ cluster, pods }: Observed): Step {
  const name = `${namesOf(cluster.metadata.name ?? '').statefulSet}-0`;
  const first = pods.find(({ metadata }) => metadata.name === name);
  const trouble = imageTrouble(pods);
  if (trouble) return imageFailure(trouble);
  if (isDatabaseRunning(first)) return { kind: 'initialize', pod: name, reason: `${name} runs and the cluster is not initialized` };
  return {
    kind: 'wait',
    reason: 'WaitingForFirstNode',
    message: `waiting for the first node, to initialize the cluster: ${whyNotReady(name, first)}`,
  };
}

function run(observed: Observed): Step {
  const { cluster, pods } = observed;
  const unsupported = unsupportedRequest(observed);
  if (unsupported) return { kind: 'refuse', problem: unsupported };
  const trouble = imageTrouble(pods);
  if (trouble) return imageFailure(trouble);
  const { nodes } = cluster.spec;
  const { statefulSet } = namesOf(cluster.metadata.name ?? '');
  const missing = Array.from({ length: nodes }, (_, ordinal) => `${statefulSet}-${ordinal}`).flatMap((name) => {
    const pod = pods.find(({ metadata }) => metadata.name === name);
    return pod && isPodReady(pod) ? [] : [whyNotReady(name, pod)];
  });
  if (missing.length === 0) return { kind: 'settled', reason: `all ${nodes} nodes are ready` };
  return {
    kind: 'wait',
    reason: 'WaitingForNodes',
    message: `${nodes - missing.length} of ${nodes} nodes are ready: ${missing.join('; ')}`,
  };
}

/** Requests that leave the running cluster as it is. */
function unsupportedRequest({ cluster }: Observed): Problem | undefined {
  if (cluster.metadata.annotations?.[RESTART_ANNOTATION] !== undefined) {
    return {
      action: 'ClusterRestart',
      reason: 'RestartNotSupported',
      message: `this version of the operator cannot restart clusters yet, and the nodes keep running: remove the annotation ${RESTART_ANNOTATION}`,
    };
  }
  if (cluster.spec.ingress) {
    return {
      action: 'ExposeIngressAction',
      reason: 'IngressNotSupported',
      message:
        'this version of the operator cannot make an Ingress yet; the cluster itself runs: remove spec.ingress, or make the Ingress yourself for the Service of clients',
    };
  }
}

function imageFailure({ pod, message }: { readonly pod: string; readonly message: string }): Step {
  return {
    kind: 'wait',
    failed: true,
    reason: 'ImagePullFailed',
    message: `the image of ${pod} cannot be had (${message}): correct spec.image, or make the image available to the nodes`,
  };
}

function reasonsOf(changes: readonly Change[]): string {
  return changes.map(({ type, object, reason }) => `${type.kind} ${object.metadata.name} ${reason}`).join(', ');
}
