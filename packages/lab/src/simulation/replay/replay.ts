// Runs the steps of a recorded trace against a simulated cluster.
import {
  CONTROLLERREVISIONS,
  ENDPOINTS,
  type KubeObject,
  NAMESPACES,
  NODES,
  PERSISTENTVOLUMECLAIMS,
  PERSISTENTVOLUMES,
  PODDISRUPTIONBUDGETS,
  PODS,
  type ResourceType,
  SERVICES,
  StatusError,
  STATEFULSETS,
  STORAGECLASSES,
} from '@holdfast/schema';
import { hollowKubelet } from '../hollow-kubelet.ts';
import { Simulation, type SimulatedNode } from '../simulation.ts';
import { NAMESPACE, Recording } from './recording.ts';
import type { Json, Step, Trace, Until } from './trace.ts';

/** What a step was answered, where it was a request. */
export interface StepResult {
  readonly code: number;
  readonly body?: Json;
}

/** A finished replay. */
export interface Replay {
  readonly recording: Recording;
  /** By number of the step. */
  readonly results: ReadonlyMap<number, StepResult>;
  /** Bugs that the server ran into. */
  readonly bugs: readonly unknown[];
}

const GIB = 2 ** 30;
/** Virtual time that a wait may take; the recordings' resyncs are of 15 s. */
const WAIT_MS = 120_000;
/** What a controller needs to hear of something and to say something, so that steps that follow each other at once do. */
const LATENCY_MS = 1;
/** What a user's program needs from one request, or one look, to the next. */
const CREATE_MS = 3;
const STEP_MS = 10;
const SETTLE_MAX_MS = 15_000;

const TYPES = [
  PODS,
  SERVICES,
  STATEFULSETS,
  STORAGECLASSES,
  PERSISTENTVOLUMES,
  PERSISTENTVOLUMECLAIMS,
  PODDISRUPTIONBUDGETS,
  CONTROLLERREVISIONS,
  NODES,
  NAMESPACES,
  ENDPOINTS,
] as unknown as readonly ResourceType[];

/** The nodes of the recordings: different in size, so that scoring never ties. */
const NODE_SHAPES: readonly SimulatedNode[] = [32, 16, 8].map((cpu, index) => ({
  name: `node-${index}`,
  labels: { 'topology.kubernetes.io/region': 'ref', 'topology.kubernetes.io/zone': `zone-${index}` },
  capacity: { cpu, memory: 2 * cpu * GIB, pods: 110 },
}));

/** Runs a trace's steps to the end. Rejects when a wait is not fulfilled, naming the step. */
export async function replay(trace: Trace): Promise<Replay> {
  const recording = new Recording();
  const sim = new Simulation({
    nodes: NODE_SHAPES,
    nodeProgram: (node) => [hollowKubelet(node, NODE_SHAPES.findIndex(({ name }) => name === node.name) + 1)],
    observe: (change, atMs) => recording.observe(change, atMs),
  });
  await sim.start();
  await sim.run(sim.client.create(NAMESPACES, { metadata: { name: NAMESPACE } }));
  await sim.advance(1000);
  for (const member of sim.members()) member.link.slow(LATENCY_MS);
  recording.start();
  const results = new Map<number, StepResult>();
  for (const [number, step] of trace.steps.entries()) {
    await sim.advance(step.do === 'create' ? CREATE_MS : STEP_MS);
    recording.step(number);
    try {
      const result = await runStep(sim, recording, step);
      if (result) results.set(number, result);
    } catch (error) {
      throw new Error(`step ${number} of ${trace.name} (${JSON.stringify(step).slice(0, 200)}): ${String(error)}`, { cause: error });
    }
  }
  await sim.stop();
  return { recording, results, bugs: sim.bugs };
}

async function runStep(sim: Simulation, recording: Recording, step: Step): Promise<StepResult | undefined> {
  const { client } = sim;
  switch (step.do) {
    case 'create': {
      const type = typeOf(String(step.manifest['kind']));
      const manifest = step.manifest as unknown as KubeObject;
      return answered(sim, 201, client.create(type, inNamespace(type, manifest)));
    }
    case 'patch': {
      const type = typeOf(step.kind);
      const patch = { type: step.type ?? 'merge', body: step.patch } as const;
      if (patch.type === 'json') throw new Error('JSON patches are not replayed');
      const options = step.subresource ? { subresource: step.subresource } : {};
      return answered(sim, 200, client.patch(type, keyOf(type, step.name), { type: patch.type, body: patch.body }, options));
    }
    case 'delete': {
      const type = typeOf(step.kind);
      return answered(sim, 200, client.delete(type, keyOf(type, step.name), step.options ?? {}));
    }
    case 'deleteNamespace':
      return answered(sim, 200, client.delete(NAMESPACES, { name: NAMESPACE }));
    case 'evict':
      return evict(sim, step.pod);
    case 'kubectl':
      return kubectl(sim, step.args);
    case 'wait':
      await sim.clock.runUntil(() => step.until.every((until) => holds(sim, recording, until)), WAIT_MS);
      return undefined;
    case 'settle': {
      const startMs = sim.clock.now();
      const endMs = startMs + (step.max === undefined ? SETTLE_MAX_MS : step.max * 1000);
      for (;;) {
        const quietMs = Math.max(startMs, recording.changedMs) + step.seconds * 1000;
        const now = sim.clock.now();
        if (now >= Math.min(quietMs, endMs)) return undefined;
        await sim.advance(Math.min(quietMs, endMs) - now);
      }
    }
  }
}

function evict(sim: Simulation, pod: string): Promise<StepResult> {
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace: NAMESPACE } };
  return answered(sim, 201, sim.client.createSubresource(PODS, { namespace: NAMESPACE, name: pod }, 'eviction', body));
}

/** The requests that kubectl makes for the commands of the recordings. */
async function kubectl(sim: Simulation, args: readonly string[]): Promise<StepResult> {
  const [command, name = '', third = ''] = args;
  const cordon = (unschedulable: boolean): Promise<StepResult> =>
    answered(sim, 200, sim.client.patch(NODES, { name }, { type: 'strategic', body: { spec: { unschedulable: unschedulable || null } } }));
  if (command === 'cordon') return cordon(true);
  if (command === 'uncordon') return cordon(false);
  if (command === 'drain') {
    const [pod] = sim.list(PODS).filter((one) => one.spec?.nodeName === name && one.metadata.namespace === NAMESPACE);
    const refused = await evict(sim, pod?.metadata.name ?? '');
    await sim.advance(Number(/\d+/.exec(third)?.[0]) * 1000);
    return refused;
  }
  if (command === 'patch' && name === 'pvc') {
    const body = JSON.parse(args.at(-1) ?? '') as Json;
    return answered(sim, 200, sim.client.patch(PERSISTENTVOLUMECLAIMS, { namespace: NAMESPACE, name: third }, { type: 'strategic', body }));
  }
  throw new Error(`kubectl ${args.join(' ')} is not replayed`);
}

async function answered(sim: Simulation, code: number, request: Promise<unknown>): Promise<StepResult> {
  try {
    await sim.run(request);
    return { code };
  } catch (error) {
    if (error instanceof StatusError) return { code: error.code, body: error.status as unknown as Json };
    throw error;
  }
}

function holds(sim: Simulation, recording: Recording, until: Until): boolean {
  if ('event' in until) {
    const { of, reason, has } = until.event;
    return recording
      .events()
      .some(
        (event) =>
          event.of === of && (reason === undefined || event.reason === reason) && (has === undefined || event.message.includes(has)),
      );
  }
  const objects = sim
    .list(typeOf(until.kind))
    .filter(({ metadata }) => metadata.namespace === undefined || metadata.namespace === NAMESPACE);
  if (until.count !== undefined) return objects.length === until.count;
  const object = objects.find(({ metadata }) => metadata.name === until.name);
  if (until.gone) return object === undefined;
  if (!object || until.at === undefined) return object !== undefined;
  const value = at(object, until.at);
  if (until.present) return value !== undefined;
  return value === until.is || (until.is === 0 && value === undefined);
}

/** `[X]` selects the entry of a list whose type is X. */
function at(object: unknown, path: string): unknown {
  let value = object;
  for (const part of path.split('.')) {
    const [, field = '', type] = /^([^[]*)(?:\[(.*)\])?$/.exec(part) ?? [];
    value = (value as Json | undefined)?.[field];
    if (type !== undefined) value = (value as readonly Json[] | undefined)?.find((entry) => entry['type'] === type);
  }
  return value;
}

function typeOf(kind: string): ResourceType {
  const type = TYPES.find((one) => one.kind === kind);
  if (!type) throw new Error(`no resource type is known for kind ${kind}`);
  return type;
}

function keyOf(type: ResourceType, name: string): { readonly namespace?: string; readonly name: string } {
  return type.namespaced ? { namespace: NAMESPACE, name } : { name };
}

function inNamespace(type: ResourceType, object: KubeObject): KubeObject {
  return type.namespaced ? { ...object, metadata: { ...object.metadata, namespace: NAMESPACE } } : object;
}
