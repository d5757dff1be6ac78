// What a job makes of a pod that has failed: the first rule of its podFailurePolicy that matches decides.
import type { ContainerStatus, Job, JobSpec, Pod } from '@holdfast/schema';

type Rule = NonNullable<JobSpec['podFailurePolicy']>['rules'][number];

export interface Verdict {
  readonly action: 'Count' | 'FailIndex' | 'FailJob' | 'Ignore';
  /** Of FailJob: what the job's condition says. */
  readonly message?: string;
}

/** Whether pods are replaced only when they have failed, not already when they are on their way out. */
export function replacesFailedOnly({ spec }: Job): boolean {
  return spec?.podReplacementPolicy === 'Failed' || spec?.podFailurePolicy !== undefined;
}

/** Pods that are being deleted have failed too, unless the job waits until they say so: some of them never get to. */
export function hasFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true;
  return !replacesFailedOnly(job) && pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded';
}

/** Without a rule that matches a failure counts. */
export function verdictOn(pod: Pod, { spec }: Job): Verdict {
  for (const [index, rule] of (spec?.podFailurePolicy?.rules ?? []).entries()) {
    const what = matched(rule, pod);
    if (what === undefined) continue;
    const action = rule.action as Verdict['action'];
    return action === 'FailJob' ? { action, message: `${what} matching ${action} rule at index ${index}` } : { action };
  }
  return { action: 'Count' };
}

/** What of the pod a rule speaks of; undefined where it does not. */
function matched({ onExitCodes, onPodConditions = [] }: Rule, { metadata, status }: Pod): string | undefined {
  const pod = `${metadata.namespace}/${metadata.name}`;
  if (onExitCodes) {
    const { containerName, operator, values } = onExitCodes;
    const isMeant = ({ name, state }: ContainerStatus): boolean => {
      const code = state?.terminated?.exitCode;
      if (!code || (containerName !== undefined && containerName !== name)) return false;
      return values.includes(code) === (operator === 'In');
    };
    const found = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(isMeant);
    return found && `Container ${found.name} for pod ${pod} failed with exit code ${found.state?.terminated?.exitCode}`;
  }
  const condition = status?.conditions?.find((one) =>
    onPodConditions.some(({ type, status: is }) => one.type === type && one.status === is),
  );
  return condition && `Pod ${pod} has condition ${condition.type}`;
}
