// A recorded trace of a real control plane's controllers: what was done, what happened, what all recordings agreed on.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Any JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** A condition that a `wait` step waits for. */
export type Until =
  | { readonly event: { readonly of: string; readonly reason?: string; readonly has?: string } }
  | {
      readonly kind: string;
      readonly name?: string;
      readonly at?: string;
      readonly is?: unknown;
      readonly present?: boolean;
      readonly gone?: boolean;
      readonly count?: number;
    };

/** What a request was answered. */
interface Answered {
  readonly code?: number;
  /** The refusal, where one is expected. */
  readonly refused?: number;
  readonly body?: Json;
}

export type Step =
  | ({ readonly do: 'create'; readonly manifest: Json } & Answered)
  | ({
      readonly do: 'patch';
      readonly kind: string;
      readonly name: string;
      readonly patch: Json;
      readonly type?: 'merge' | 'strategic' | 'json';
      readonly subresource?: string;
    } & Answered)
  | ({ readonly do: 'delete'; readonly kind: string; readonly name: string; readonly options?: Json } & Answered)
  | ({ readonly do: 'deleteNamespace' } & Answered)
  | ({ readonly do: 'evict'; readonly pod: string } & Answered)
  | {
      readonly do: 'kubectl';
      readonly args: readonly string[];
      readonly result: { readonly exit: number; readonly stdout: string; readonly stderr: string };
    }
  | { readonly do: 'wait'; readonly until: readonly Until[]; readonly timeout?: number }
  | { readonly do: 'settle'; readonly seconds: number; readonly max?: number };

/** One line of a log. `name` of an Event is the object that it is about: 'Pod/web-0'. */
export type LogEntry =
  | { readonly step: number }
  | { readonly type: 'ADDED'; readonly kind: string; readonly name: string; readonly object: Json; readonly once?: boolean }
  | { readonly type: 'MODIFIED'; readonly kind: string; readonly name: string; readonly change: Json; readonly once?: boolean }
  | { readonly type: 'DELETED'; readonly kind: string; readonly name: string; readonly once?: boolean };

export interface RecordedEvent {
  readonly of: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly source?: string;
}

export interface Trace {
  readonly name: string;
  readonly description: string;
  readonly kubernetes: string;
  readonly initial: readonly Json[];
  readonly steps: readonly Step[];
  readonly log: readonly LogEntry[];
  /** Every object at the end, with kind and name. */
  readonly final: readonly (Json & { readonly kind: string; readonly name: string })[];
  readonly stable: {
    readonly milestones: readonly (string | readonly string[])[];
    readonly milestonesVary: readonly string[];
    readonly events: readonly RecordedEvent[];
    /** 'Kind/name: Type Reason: message'. */
    readonly eventsVary: readonly string[];
    readonly sameSequence: readonly string[];
    readonly finalVaries: readonly string[];
  };
}

const FOLDER = fileURLToPath(new URL('traces/', import.meta.url));

/** Names of the recorded scenarios. */
export function traceNames(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** Reads a scenario; every wording of its version that differs in ours is brought up to date first. */
export function readTrace(name: string): Trace {
  return JSON.parse(inOurWords(readFileSync(`${FOLDER}${name}.json`, 'utf8'))) as Trace;
}

/** Words of 1.26 that 1.32 says differently; the recording's notes name each. */
const NEW_WORDS: readonly (readonly [string | RegExp, string])[] = [
  ['scheduling..', 'scheduling.'],
  ['field can not be less than previous value', 'field can not be less than status.capacity'],
  ['except resources.requests for bound claims', 'except resources.requests and volumeAttributesClassName for bound claims'],
  [
    /nodeAffinity: Invalid value: \\"null\\": field is immutable/g,
    'nodeAffinity: Invalid value: \\"null\\": field is immutable, except for updating from beta label to GA',
  ],
  [
    /"Invalid value: \\"null\\": field is immutable"/g,
    '"Invalid value: \\"null\\": field is immutable, except for updating from beta label to GA"',
  ],
  [
    '`spec.containers[*].image`, `spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations` (only additions to existing tolerations) or `spec',
    '`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec',
  ],
  ['no deletable volume plugin matched', 'no volume plugin matched'],
];

function inOurWords(text: string): string {
  return NEW_WORDS.reduce((changed, [old, now]) => changed.replaceAll(old, now), text);
}
