// One event on the wire, in either of the two API groups over the one stored object.
import type { Client } from '@holdfast/client';
import { type Clock, formatTime, type Random } from '@holdfast/clock';
import { EVENTS, EVENTS_V1_EVENTS, type ObjectReference } from '@holdfast/schema';

/** Where events come from and go to. */
export interface EventSink {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly component: string;
  readonly host?: string;
  readonly api?: 'core' | 'events';
}

/** What happened, in full. */
export interface EventFacts {
  readonly object: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly details: { readonly action?: string; readonly related?: ObjectReference };
  /** When it happened, which may be before it is written. */
  readonly atMs: number;
}

/** Creates the event and returns its name. */
export async function createFirst(sink: EventSink, facts: EventFacts, count: number): Promise<string> {
  const { client, component, host } = sink;
  const { object, type, reason, message, details, atMs } = facts;
  const namespace = namespaceOf(object);
  const name = `${object.name ?? ''}.${nanoseconds(sink, atMs)}`;
  const { action, related } = details;
  const common = { metadata: { name, namespace }, type, reason, ...(related ? { related } : {}) };
  if (sink.api === 'events') {
    await client.create(EVENTS_V1_EVENTS, {
      ...common,
      eventTime: microTime(atMs),
      reportingController: component,
      reportingInstance: host ? `${component}-${host}` : component,
      action: action ?? reason,
      regarding: object,
      note: message,
    });
    return name;
  }
  const time = formatTime(atMs);
  await client.create(EVENTS, {
    ...common,
    involvedObject: object,
    message,
    source: { component, ...(host ? { host } : {}) },
    firstTimestamp: time,
    lastTimestamp: time,
    count,
    reportingComponent: component,
    reportingInstance: host ?? '',
    ...(action ? { action } : {}),
  });
  return name;
}

/** Raises the count of an event that was written before. */
export async function patchRepeat(sink: EventSink, { object, message, atMs }: EventFacts, name: string, count: number): Promise<void> {
  const key = { namespace: namespaceOf(object), name };
  if (sink.api === 'events') {
    await sink.client.patch(EVENTS_V1_EVENTS, key, { type: 'strategic', body: { series: { count, lastObservedTime: microTime(atMs) } } });
    return;
  }
  await sink.client.patch(EVENTS, key, { type: 'strategic', body: { message, count, lastTimestamp: formatTime(atMs) } });
}

/** Events of cluster-scoped objects live in 'default'. */
function namespaceOf(object: ObjectReference): string {
  return object.namespace || 'default';
}

/** The time in nanoseconds as hexadecimal; the clock's resolution is a millisecond, the rest keeps names apart. */
function nanoseconds({ random }: EventSink, atMs: number): string {
  return (BigInt(Math.floor(atMs)) * 1_000_000n + BigInt(random.int(1_000_000))).toString(16);
}

function microTime(ms: number): string {
  return `${formatTime(ms).slice(0, 19)}.${String(Math.floor(ms) % 1000).padStart(3, '0')}000Z`;
}
