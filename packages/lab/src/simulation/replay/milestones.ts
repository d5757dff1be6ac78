// Facts in the order in which they came to be: what two runs of one scenario are compared by.
import { isRecord } from '@holdfast/schema';
import type { Json, LogEntry } from './trace.ts';

/** Kinds that are compared object by object only. */
const UNORDERED = new Set(['Event', 'Endpoints', 'EndpointSlice']);

type Facts = ReadonlyMap<string, string | undefined>;

/** The facts of a log, each in words; '(2)' marks the second time. Step marks are among them. */
export function milestonesOf(log: readonly LogEntry[], initial: readonly Json[] = []): readonly string[] {
  const states = new Map<string, Json>(initial.map((object) => [`${String(object['kind'])}/${String(object['name'])}`, object]));
  const seen = new Map<string, number>();
  const milestones: string[] = [];
  const say = (fact: string): void => {
    const nth = (seen.get(fact) ?? 0) + 1;
    seen.set(fact, nth);
    milestones.push(nth > 1 ? `${fact} (${nth})` : fact);
  };
  for (const entry of log) {
    if ('step' in entry) {
      milestones.push(`step ${entry.step}`);
      continue;
    }
    if (UNORDERED.has(entry.kind)) continue;
    const id = `${entry.kind}/${entry.name}`;
    const before = states.get(id);
    if (entry.type === 'DELETED') {
      states.delete(id);
      say(`${id} gone`);
      continue;
    }
    const after = entry.type === 'ADDED' ? entry.object : merged(before ?? {}, entry.change);
    states.set(id, after);
    if (entry.type === 'ADDED') say(`${id} created`);
    for (const fact of changes(entry.kind, entry.type === 'ADDED' ? undefined : (before ?? {}), after)) say(`${id} ${fact}`);
  }
  return milestones;
}

/** The state after a JSON merge patch. */
export function merged(before: Json, change: Json): Json {
  const after: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete after[key];
    else if (isRecord(value)) after[key] = merged(isRecord(after[key]) ? after[key] : {}, value);
    else after[key] = value;
  }
  return after;
}

/** New facts: values that are shown for this kind and are not what they were. */
function changes(kind: string, before: Json | undefined, after: Json): readonly string[] {
  const old = factsOf(kind, before ?? {});
  const now = factsOf(kind, after);
  return [...now].flatMap(([name, words]) => {
    const had = old.get(name);
    if (words === undefined || had === words) return [];
    if (before === undefined && !SHOWN_AT_CREATION.has(`${kind} ${name}`)) return [];
    return [name === 'claimRef' ? shortClaim(had, words) : words];
  });
}

/** What is a fact from the beginning; the rest of a new object is what its creator asked for. */
const SHOWN_AT_CREATION = new Set([
  'PersistentVolume phase',
  'PersistentVolumeClaim phase',
  'ControllerRevision revision',
  'PodDisruptionBudget disruptionsAllowed',
  'PodDisruptionBudget currentHealthy',
  'PodDisruptionBudget desiredHealthy',
]);

function factsOf(kind: string, object: Json): Facts {
  const facts = new Map<string, string | undefined>();
  const text = (path: string, words = (value: string): string => value): string | undefined => {
    const value = at(object, path);
    return value === undefined ? undefined : words(typeof value === 'string' ? value : JSON.stringify(value));
  };
  facts.set('deletion', at(object, 'metadata.deletionTimestamp') === undefined ? undefined : 'deletion begun');
  switch (kind) {
    case 'Pod':
      facts.set('owner', owner(object));
      facts.set(
        'node',
        text('spec.nodeName', (node) => `bound to ${node}`),
      );
      facts.set('phase', at(object, 'status.phase') === 'Pending' ? undefined : text('status.phase'));
      facts.set(
        'ready',
        text('status.conditions.Ready.status', (status) => (status === 'True' ? 'Ready' : 'not Ready')),
      );
      facts.set(
        'scheduled',
        text('status.conditions.PodScheduled.reason', (reason) => `PodScheduled ${reason}`),
      );
      facts.set(
        'disruption',
        text('status.conditions.DisruptionTarget.reason', (reason) => `DisruptionTarget ${reason}`),
      );
      break;
    case 'ControllerRevision':
      facts.set('owner', owner(object));
      facts.set(
        'revision',
        text('revision', (revision) => `revision ${revision}`),
      );
      break;
    case 'PersistentVolume': {
      const claim = at(object, 'spec.claimRef');
      facts.set('phase', text('status.phase'));
      facts.set('claimRef', claim === undefined ? 'claimRef removed' : `claimRef ${JSON.stringify(claim)}`);
      break;
    }
    case 'PersistentVolumeClaim':
      facts.set(
        'volume',
        text('spec.volumeName', (name) => `volumeName ${name}`),
      );
      facts.set('phase', text('status.phase'));
      break;
    case 'StatefulSet':
      facts.set(
        'replicas',
        text('spec.replicas', (count) => `spec.replicas ${count}`),
      );
      for (const field of ['currentRevision', 'updateRevision'])
        facts.set(
          field,
          text(`status.${field}`, (name) => `${field} ${name}`),
        );
      break;
    case 'PodDisruptionBudget':
      for (const field of ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy'])
        facts.set(
          field,
          text(`status.${field}`, (count) => `${field} ${count}`),
        );
      break;
    case 'Node':
      facts.set('cordon', at(object, 'spec.unschedulable') ? 'cordoned' : 'uncordoned');
      facts.set('taints', `taints ${taints(object)}`);
      break;
    case 'Namespace':
      facts.set('phase', text('status.phase'));
      break;
    default:
  }
  return facts;
}

/** The claimRef fact in its short form; the long one tells two claims of one name apart. */
function shortClaim(before: string | undefined, words: string): string {
  const json = words.slice('claimRef '.length);
  if (!json.startsWith('{')) return words;
  return before?.startsWith('claimRef {') ? 'claimRef (changed)' : `claimRef ${String((JSON.parse(json) as Json)['name'])}`;
}

function owner(object: Json): string {
  const owners = at(object, 'metadata.ownerReferences') as readonly Json[] | undefined;
  const first = owners?.[0];
  return first ? `owner: ${String(first['kind'])}/${String(first['name'])}` : 'owner: none';
}

function taints(object: Json): string {
  const list = at(object, 'spec.taints') as readonly Json[] | undefined;
  if (!list?.length) return 'none';
  return list.map((taint) => `${String(taint['key'])}:${String(taint['effect'])}`).join(', ');
}

function at(object: Json, path: string): unknown {
  let value: unknown = object;
  for (const part of path.split('.')) value = isRecord(value) ? value[part] : undefined;
  return value;
}
