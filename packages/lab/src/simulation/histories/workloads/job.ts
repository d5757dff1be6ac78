// Jobs of a world.
import type { Random } from '@holdfast/clock';
import { type Job, JOBS, type Pod } from '@holdfast/schema';
import { CONTAINER, labelsOf, NAMESPACE, taskImage } from './pod-template.ts';
import type { WorkloadKind } from './workload.ts';

export interface JobShape {
  readonly kind: 'Job';
  readonly name: string;
  readonly completions: number;
  readonly parallelism: number;
  readonly indexed: boolean;
  readonly backoffLimit: number;
  readonly restartPolicy: 'Never' | 'OnFailure';
  /** How long each pod works. */
  readonly runMs: number;
  /** One pod in three fails. */
  readonly flaky: boolean;
}

export const jobs: WorkloadKind<JobShape, Job> = {
  type: JOBS,
  generate: (random: Random, name) => ({
    kind: 'Job',
    name,
    completions: 1 + random.int(4),
    parallelism: 1 + random.int(3),
    indexed: random.next() < 0.4,
    backoffLimit: random.next() < 0.7 ? 6 : random.int(3),
    restartPolicy: random.next() < 0.8 ? 'Never' : 'OnFailure',
    runMs: 1000 * (1 + random.int(30)),
    flaky: random.next() < 0.3,
  }),
  objectOf: ({ name, completions, parallelism, indexed, backoffLimit, restartPolicy, runMs, flaky }) => ({
    metadata: { name, namespace: NAMESPACE },
    spec: {
      completions,
      parallelism,
      backoffLimit,
      ...(indexed ? { completionMode: 'Indexed' } : {}),
      template: {
        metadata: { labels: labelsOf(name) },
        spec: {
          restartPolicy,
          terminationGracePeriodSeconds: 10,
          containers: [{ name: CONTAINER, image: taskImage(runMs, flaky), resources: { requests: { cpu: '100m' } } }],
        },
      },
    },
  }),
  *smaller(shape) {
    if (shape.flaky) yield { ...shape, flaky: false };
    if (shape.indexed) yield { ...shape, indexed: false };
    if (shape.backoffLimit !== 6) yield { ...shape, backoffLimit: 6 };
    if (shape.restartPolicy === 'OnFailure') yield { ...shape, restartPolicy: 'Never' };
    if (shape.runMs > 1000) yield { ...shape, runMs: 1000 };
    if (shape.completions > 1) yield { ...shape, completions: shape.completions - 1 };
    if (shape.parallelism > 1) yield { ...shape, parallelism: shape.parallelism - 1 };
  },
  describe: ({ name, completions, parallelism, indexed, backoffLimit, restartPolicy, runMs, flaky }) =>
    `Job ${name}: ${completions} completions${indexed ? ' by index' : ''}, ${parallelism} at once, backoffLimit ${backoffLimit}, ${restartPolicy}, each works for ${runMs} ms${flaky ? ', one in three fails' : ''}`,
  state: ({ metadata, spec, status }) => {
    const { active = 0, succeeded = 0, failed = 0, conditions = [] } = status ?? {};
    return [
      ...(metadata.deletionTimestamp ? ['Terminating'] : []),
      ...(spec?.suspend ? ['suspended'] : []),
      `${active} active`,
      `${succeeded} of ${spec?.completions} succeeded`,
      `${failed} failed`,
      ...conditions.filter((condition) => condition.status === 'True').map(({ type }) => type),
    ].join(', ');
  },
  unfinished,
  // Whether it came to a good end depends on which of its pods were deleted or lost.
  outcome: ({ metadata }) => [`job ${metadata.name} has finished`],
};

function unfinished({ metadata, spec, status }: Job, pods: readonly Pod[]): readonly string[] {
  const { name } = metadata;
  const finished = status?.conditions?.find(({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True');
  if (!finished) return [`job ${name} has not finished`];
  const problems = pods
    .filter((pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed')
    .map((pod) => `pod ${pod.metadata.name} of the finished job ${name} still runs`);
  const { active = 0, succeeded = 0, uncountedTerminatedPods } = status ?? {};
  if (active > 0) problems.push(`the finished job ${name} counts ${active} active pods`);
  if (finished.type === 'Complete' && succeeded < (spec?.completions ?? 1))
    problems.push(`job ${name} is complete after ${succeeded} of ${spec?.completions} completions`);
  const uncounted = [...(uncountedTerminatedPods?.succeeded ?? []), ...(uncountedTerminatedPods?.failed ?? [])];
  if (uncounted.length > 0) problems.push(`the finished job ${name} has not counted ${uncounted.join(', ')}`);
  return problems;
}
