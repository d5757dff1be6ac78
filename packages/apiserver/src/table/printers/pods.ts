// Pods, and templates of them.
import { type ContainerStateTerminated, type ContainerStatus, type Pod, type PodTemplate, sidecarsOf } from '@holdfast/schema';
import { age } from '../duration.ts';
import { printer, type Printer, type PrinterFamily, type RowCondition } from '../printer.ts';
import { ageOf, containersText, labelsText, nameOf, NONE } from './cells.ts';

const FINISHED: Readonly<Record<string, RowCondition>> = {
  Succeeded: { type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' },
  Failed: { type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' },
};

const pods: Printer<Pod> = {
  cells(pod, context) {
    const { status, spec } = pod;
    const summary = summarize(pod);
    const { restarts, lastRestart } = summary;
    return [
      nameOf(pod),
      `${summary.ready}/${summary.total}`,
      summary.reason,
      restarts > 0 && lastRestart ? `${restarts} (${age(lastRestart, context.now)} ago)` : `${restarts}`,
      ageOf(pod, context),
      status?.podIPs?.[0]?.ip || status?.podIP || NONE,
      spec?.nodeName || NONE,
      status?.nominatedNodeName || NONE,
      readinessGates(pod),
    ];
  },
  conditions({ status }) {
    const condition = FINISHED[status?.phase ?? ''];
    return condition ? [condition] : [];
  },
};

const podTemplates = printer<PodTemplate>((object) => [
  nameOf(object),
  ...containersText(object.template),
  labelsText(object.template?.metadata?.labels),
]);

export const PODS_FAMILY: PrinterFamily = { pods, podtemplates: podTemplates };

/** What the columns Ready, Status and Restarts show. */
export interface PodSummary {
  readonly ready: number;
  readonly total: number;
  readonly reason: string;
  readonly restarts: number;
  /** When a container last ended and was started again; RFC 3339. */
  readonly lastRestart: string | undefined;
}

/** Counts containers and finds the one word that says how a pod is, by the rules of kubectl's users. */
export function summarize(pod: Pod): PodSummary {
  const { spec, status } = pod;
  const sidecars = new Set(sidecarsOf(pod).map(({ name }) => name));
  const total = (spec?.containers ?? []).length + sidecars.size;
  const initial = initialReason(pod);
  const init = initialization(pod, sidecars);
  const main = init.reason === undefined || hasCondition(pod, 'Initialized') ? running(pod, init.reason ?? initial) : undefined;
  const counted = main
    ? [...(status?.containerStatuses ?? []), ...statusesOf(pod).filter(({ name }) => sidecars.has(name))]
    : statusesOf(pod);
  return {
    ready: init.readySidecars + (main?.ready ?? 0),
    total,
    reason: deletionReason(pod) ?? main?.reason ?? init.reason ?? initial,
    restarts: counted.reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0),
    lastRestart: latest(counted.map(({ lastState }) => lastState?.terminated?.finishedAt)),
  };
}

function statusesOf({ status }: Pod): readonly ContainerStatus[] {
  return status?.initContainerStatuses ?? [];
}

function initialReason({ status }: Pod): string {
  const gated = status?.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated');
  return gated ? 'SchedulingGated' : status?.reason || status?.phase || '';
}

/** Where initialization stands: `reason` is absent once it is done. */
function initialization(pod: Pod, sidecars: ReadonlySet<string>): { readonly reason?: string; readonly readySidecars: number } {
  let readySidecars = 0;
  for (const [index, status] of statusesOf(pod).entries()) {
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecars.has(status.name) && status.started) {
      if (status.ready) readySidecars += 1;
      continue;
    }
    if (terminated) return { reason: `Init:${terminated.reason || exitText(terminated)}`, readySidecars };
    if (waiting?.reason && waiting.reason !== 'PodInitializing') return { reason: `Init:${waiting.reason}`, readySidecars };
    return { reason: `Init:${index}/${(pod.spec?.initContainers ?? []).length}`, readySidecars };
  }
  return { readySidecars };
}

/** The first container with something to say wins. */
function running(pod: Pod, initial: string): { readonly reason: string; readonly ready: number } {
  const statuses = pod.status?.containerStatuses ?? [];
  const reason = statuses.map(containerReason).find((found) => found !== undefined) ?? initial;
  const ready = statuses.filter((status) => containerReason(status) === undefined && status.ready && status.state?.running).length;
  if (reason !== 'Completed' || ready === 0) return { reason, ready };
  return { reason: hasCondition(pod, 'Ready') ? 'Running' : 'NotReady', ready };
}

function containerReason({ state }: ContainerStatus): string | undefined {
  if (state?.waiting?.reason) return state.waiting.reason;
  if (state?.terminated) return state.terminated.reason || exitText(state.terminated);
  return undefined;
}

function exitText({ signal, exitCode }: ContainerStateTerminated): string {
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function deletionReason({ metadata, status }: Pod): string | undefined {
  if (!metadata.deletionTimestamp) return undefined;
  if (status?.reason === 'NodeLost') return 'Unknown';
  return FINISHED[status?.phase ?? ''] ? undefined : 'Terminating';
}

function hasCondition({ status }: Pod, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

function latest(times: readonly (string | null | undefined)[]): string | undefined {
  return times.reduce<string | undefined>(
    (last, time) => (time && (last === undefined || Date.parse(time) > Date.parse(last)) ? time : last),
    undefined,
  );
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  return `${gates.filter(({ conditionType }) => hasCondition(pod, conditionType)).length}/${gates.length}`;
}
