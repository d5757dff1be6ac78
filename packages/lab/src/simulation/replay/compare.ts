// How a replay differs from what was recorded, within what the recording's notes allow to differ.
import { isRecord } from '@holdfast/schema';
import { milestonesOf, merged } from './milestones.ts';
import type { Replay } from './replay.ts';
import type { Json, LogEntry, Trace } from './trace.ts';

/** One sentence for each difference; none when the replay agrees. */
export function differences(trace: Trace, replay: Replay): readonly string[] {
  return [
    ...milestoneDifferences(trace, replay),
    ...sequenceDifferences(trace, replay),
    ...finalDifferences(trace, replay),
    ...eventDifferences(trace, replay),
    ...answerDifferences(trace, replay),
    ...replay.bugs.map((bug) => `the server ran into a bug: ${String(bug)}`),
  ];
}

/** Through a stale cache a set's current revision can go back for one write, at another place in each run. */
const BOUNCE = /^StatefulSet\/\S+ currentRevision \S+ \(\d+\)$/;

function milestoneDifferences({ stable }: Trace, { recording }: Replay): readonly string[] {
  const expected = stable.milestones.map((entry) => (typeof entry === 'string' ? [entry] : entry).filter((fact) => !BOUNCE.test(fact)));
  const group = new Map(expected.flatMap((facts, index) => facts.map((fact): [string, number] => [fact, index])));
  const ours = milestonesOf(recording.log)
    .filter((fact) => !BOUNCE.test(fact))
    .map((fact) => {
      const varying = fact.replace(/bound to \S+/, 'bound (node varies)');
      return !group.has(fact) && group.has(varying) ? varying : fact;
    });
  const found = new Set(ours);
  // What some runs did once more than others, others may do once more again: how often is a race.
  const repeats = new Set(stable.milestonesVary.map(withoutCount).filter((fact) => !stable.milestonesVary.includes(fact)));
  const mayRepeat = (fact: string): boolean => /\(\d+\)$/.test(fact) && repeats.has(withoutCount(fact));
  const problems = [
    ...[...group.keys()].filter((fact) => !found.has(fact)).map((fact) => `milestone missing: ${fact}`),
    ...ours
      .filter((fact) => !group.has(fact) && !stable.milestonesVary.includes(fact) && !mayRepeat(fact))
      .map((fact) => `milestone not recorded: ${fact}`),
  ];
  const known = ours.filter((fact) => group.has(fact));
  for (const [index, fact] of known.entries()) {
    const late = known.slice(0, index).find((earlier) => (group.get(earlier) ?? 0) > (group.get(fact) ?? 0) && !independent(earlier, fact));
    // A reaction may be quicker than the next step; it may not come later than recorded.
    if (late && !(fact.startsWith('step ') && !late.startsWith('step ')))
      problems.push(`milestones out of order: ${fact} came after ${late}`);
  }
  return problems;
}

function withoutCount(fact: string): string {
  return fact.replace(/ \(\d+\)$/, '');
}

/** Facts whose order is free: what independent controllers write about different objects. */
function independent(a: string, b: string): boolean {
  const [first, second] = [a, b].map(parse) as [Fact, Fact];
  if (first.kind === 'step' || second.kind === 'step' || first.id === second.id) return false;
  const kinds = new Set([first.kind, second.kind]);
  // Status writes of a controller against whatever else goes on.
  if (first.status || second.status) return true;
  if (kinds.has('PersistentVolume') && kinds.has('PersistentVolumeClaim')) return first.phase || second.phase;
  // Two volumes or two claims have nothing to do with each other, nor have siblings that are collected.
  if (kinds.size === 1 && (kinds.has('PersistentVolume') || kinds.has('PersistentVolumeClaim'))) return true;
  return first.collected && second.collected;
}

interface Fact {
  readonly id: string;
  readonly kind: string;
  readonly status: boolean;
  readonly phase: boolean;
  readonly collected: boolean;
}

function parse(fact: string): Fact {
  const [id = '', ...rest] = fact.split(' ');
  const words = rest.join(' ');
  const kind = id.split('/')[0] ?? '';
  return {
    id,
    kind,
    status: /^(currentRevision|updateRevision|disruptionsAllowed|currentHealthy|desiredHealthy|taints)/.test(words),
    phase: /^(Available|Bound|Pending|Released|Failed|Lost|volumeName)/.test(words),
    collected: /^(gone|deletion begun|owner)/.test(words),
  };
}

/** Kinds whose controllers write status when they like: a state may be passed over. */
const FOLDING = new Set(['StatefulSet', 'PodDisruptionBudget', 'Deployment', 'ReplicaSet']);

function sequenceDifferences(trace: Trace, { recording }: Replay): readonly string[] {
  return trace.stable.sameSequence.flatMap((id) => {
    const expected = statesOf(trace.log, id);
    const ours = statesOf(recording.log, id);
    if (FOLDING.has(id.split('/')[0] ?? '')) return foldedDifference(id, expected, ours);
    const at = Array.from({ length: Math.max(expected.length, ours.length) }, (_, index) => index).find(
      (index) => expected[index] !== ours[index],
    );
    return at === undefined
      ? []
      : [`${id}: state ${at} is\n      ${ours[at] ?? 'not there'}\n    recorded:\n      ${expected[at] ?? 'nothing more'}`];
  });
}

/** Ours must be states that the recording passes through, in order, ending with the same. */
function foldedDifference(id: string, expected: readonly string[], ours: readonly string[]): readonly string[] {
  let from = 0;
  for (const [index, state] of ours.entries()) {
    const at = expected.indexOf(state, from);
    if (at < 0) return [`${id}: state ${index} is not passed through in the recording (or out of order): ${state}`];
    from = at;
  }
  return ours.at(-1) === expected.at(-1) ? [] : [`${id}: the last state is ${ours.at(-1)}, recorded: ${expected.at(-1)}`];
}

function statesOf(log: readonly LogEntry[], id: string): readonly string[] {
  const states: string[] = [];
  let state: Json = {};
  for (const entry of log) {
    if ('step' in entry || entry.kind === 'Event' || `${entry.kind}/${entry.name}` !== id) continue;
    if (entry.type === 'DELETED') state = {};
    else state = entry.type === 'ADDED' ? entry.object : merged(state, entry.change);
    const shown = entry.type === 'DELETED' ? 'gone' : canonical(sequenced(entry.kind, state));
    if (states.at(-1) !== shown) states.push(shown);
  }
  return states;
}

/**
 * What counts of a state on the way. The recorded version ended a rollout as soon as all pods that exist were updated and ready,
 * ours (as every later one) when all that are asked for are: the current revision moves at another moment.
 */
function sequenced(kind: string, state: Json): Json {
  const shown = compared(kind, state);
  if (kind !== 'StatefulSet') return shown;
  const { currentRevision: _revision, currentReplicas: _replicas, ...status } = shown['status'] as Json;
  return { ...shown, status };
}

function finalDifferences(trace: Trace, { recording }: Replay): readonly string[] {
  const expected = new Map(trace.final.map(({ kind, name, ...object }) => [`${kind}/${name}`, compared(kind, object)]));
  const problems: string[] = [];
  for (const [id, object] of expected) {
    const ours = recording.objects.get(id);
    const kind = id.split('/')[0] ?? '';
    if (!ours) {
      problems.push(`at the end ${id} is missing`);
      continue;
    }
    for (const path of pathsThatDiffer(object, compared(kind, ours))) {
      if (!trace.stable.finalVaries.includes(`${id}: ${path.path}`))
        problems.push(`at the end ${id} ${path.path} is ${JSON.stringify(path.ours)}, recorded: ${JSON.stringify(path.recorded)}`);
    }
  }
  for (const id of recording.objects.keys()) if (!expected.has(id)) problems.push(`at the end there is also ${id}`);
  return problems;
}

function eventDifferences({ stable }: Trace, { recording }: Replay): readonly string[] {
  const key = ({ of, type, reason, message }: { of: string; type: string; reason: string; message: string }): string =>
    `${of}: ${type} ${reason}: ${message}`;
  const ours = new Set(recording.events().map(key));
  const expected = new Set(stable.events.map(key));
  const allowed = new Set(stable.eventsVary);
  const free = (event: string): boolean =>
    event.includes('FailedToUpdateEndpoint') || event.includes('the object has been modified') || event.includes('(combined from');
  return [
    ...[...expected].filter((event) => !ours.has(event) && !free(event)).map((event) => `event missing: ${event}`),
    ...[...ours]
      .filter((event) => !expected.has(event) && !allowed.has(event) && !free(event))
      .map((event) => `event not recorded: ${event}`),
  ];
}

function answerDifferences({ steps }: Trace, { results }: Replay): readonly string[] {
  return steps.flatMap((step, number) => {
    const expected = 'code' in step ? step.code : undefined;
    const result = results.get(number);
    if (expected === undefined || !result) return [];
    if (result.code !== expected)
      return [`step ${number} was answered ${result.code} (${String(result.body?.['message'])}), recorded: ${expected}`];
    const body = 'body' in step ? step.body : undefined;
    if (!body) return [];
    return ['reason', 'message', 'details'].flatMap((field) => {
      const [ours, recorded] = [answerField(result.body?.[field]), answerField(body[field])];
      return ours === recorded ? [] : [`step ${number}: ${field} of the refusal is\n      ${ours}\n    recorded:\n      ${recorded}`];
    });
  });
}

/** A message counts up to its first line's end: what follows is a dump without a contract. */
function answerField(value: unknown): string {
  return canonical(value).replaceAll(/\\n(?:[^"\\]|\\.)*/g, '');
}

/** Without what need not agree: a slice's generation, fields that our version has and the recorded one had not. */
function compared(kind: string, object: Json): Json {
  const copy = JSON.parse(JSON.stringify(object)) as { metadata?: Record<string, unknown>; [field: string]: unknown };
  if (kind === 'EndpointSlice') delete copy.metadata?.['generation'];
  if (kind === 'Node' && copy.metadata) copy.metadata = {};
  return copy;
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}

function pathsThatDiffer(
  recorded: unknown,
  ours: unknown,
  path = '',
): readonly { readonly path: string; readonly ours: unknown; readonly recorded: unknown }[] {
  if (canonical(recorded) === canonical(ours)) return [];
  if (!isRecord(recorded) || !isRecord(ours)) return [{ path, ours, recorded }];
  const keys = [...new Set([...Object.keys(recorded), ...Object.keys(ours)])];
  return keys.flatMap((key) => pathsThatDiffer(recorded[key], ours[key], path ? `${path}.${key}` : key));
}
