// The log of a simulated cluster in the form of the recorded traces.
import { isRecord, type KubeObject } from '@holdfast/schema';
import type { Change } from '../recording-store.ts';
import { FOLLOWED, Normaliser } from './normalise.ts';
import type { Json, LogEntry, RecordedEvent } from './trace.ts';

/** The namespace that a trace is about. */
export const NAMESPACE = 'demo';

export class Recording {
  readonly log: LogEntry[] = [];
  /** Everything that is there, by 'Kind/name', as normalised last. */
  readonly objects = new Map<string, Json>();
  /** When something other than an Event changed last, in virtual milliseconds. */
  changedMs = 0;
  readonly #normaliser = new Normaliser();
  readonly #events = new Map<string, RecordedEvent>();
  #started = false;

  /** Events as they were told, each once. */
  events(): readonly RecordedEvent[] {
    return [...this.#events.values()];
  }

  /** What came before is the beginning, not part of the log. */
  start(): void {
    this.#started = true;
    this.log.length = 0;
  }

  step(number: number): void {
    this.log.push({ step: number });
  }

  observe({ type, object }: Change, atMs: number): void {
    if (object.kind === 'Event') this.#event(object as KubeObject & Json);
    else if (FOLLOWED.has(object.kind ?? '') && concerns(object)) this.#object(type, object, atMs);
  }

  #object(type: Change['type'], object: KubeObject, atMs: number): void {
    const kind = object.kind ?? '';
    if (type === 'ADDED') this.#normaliser.created(object);
    const name = this.#normaliser.name(object);
    const id = `${kind}/${name}`;
    const before = this.objects.get(id);
    if (type === 'DELETED') {
      this.objects.delete(id);
      this.log.push({ type, kind, name });
      this.changedMs = atMs;
      return;
    }
    const after = this.#normaliser.object(object);
    if (before && JSON.stringify(before) === JSON.stringify(after)) return;
    this.objects.set(id, after);
    this.changedMs = atMs;
    if (type === 'ADDED') this.log.push({ type, kind, name, object: after });
    else this.log.push({ type, kind, name, change: difference(before ?? {}, after) });
  }

  #event(object: KubeObject & Json): void {
    const about = (object['involvedObject'] ?? object['regarding']) as {
      readonly kind?: string;
      readonly name?: string;
      readonly namespace?: string;
    };
    const ours = about.namespace === NAMESPACE || (about.kind === 'PersistentVolume' && !about.namespace) || about.name === NAMESPACE;
    if (!this.#started || !ours) return;
    const source = object['source'] as { readonly component?: string } | undefined;
    const event: RecordedEvent = {
      of: this.#normaliser.text(`${about.kind ?? ''}/${about.name ?? ''}`),
      type: String(object['type']),
      reason: String(object['reason']),
      message: this.#normaliser.text(String(object['message'] ?? object['note'])),
      source: source?.component ?? (object['reportingComponent'] as string | undefined) ?? '',
    };
    this.#events.set(JSON.stringify(event), event);
  }
}

/** The JSON merge patch from one state to another. */
export function difference(before: Json, after: Json): Json {
  const change: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    if (isRecord(old) && isRecord(value)) {
      const inner = difference(old, value);
      if (Object.keys(inner).length > 0) change[key] = inner;
    } else if (JSON.stringify(old) !== JSON.stringify(value)) change[key] = value;
  }
  for (const key of Object.keys(before)) if (!(key in after)) change[key] = null;
  return change;
}

function concerns(object: KubeObject): boolean {
  const { namespace, name } = object.metadata;
  if (object.kind === 'Namespace') return name === NAMESPACE;
  return namespace === undefined || namespace === NAMESPACE;
}
