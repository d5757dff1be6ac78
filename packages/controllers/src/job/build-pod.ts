// The pods of a job.
import { controllerReference } from '@holdfast/controller';
import { type Job, JOBS, type Pod } from '@holdfast/schema';
import { TRACKING_FINALIZER } from './accounting.ts';
import type { Wanted } from './decide.ts';
import { INDEX_ANNOTATION } from './indexes.ts';

/** By it a pod is found whose job is gone and whose reference to it too. */
export const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';

export function buildPod(job: Job, { index, annotations }: Wanted): Pod {
  const { uid = '', name = '', namespace } = job.metadata;
  const template = job.spec?.template;
  const labels = {
    ...template?.metadata?.labels,
    'batch.kubernetes.io/controller-uid': uid,
    [JOB_NAME_LABEL]: name,
    'controller-uid': uid,
    'job-name': name,
  };
  const indexed = index === undefined ? undefined : String(index);
  const spec = template?.spec ?? { containers: [] };
  const finalizers = template?.metadata?.finalizers ?? [];
  return {
    metadata: {
      generateName: indexed === undefined ? `${name}-` : `${name}-${indexed}-`,
      namespace,
      labels: indexed === undefined ? labels : { ...labels, [INDEX_ANNOTATION]: indexed },
      annotations: {
        ...template?.metadata?.annotations,
        ...(indexed === undefined ? {} : { [INDEX_ANNOTATION]: indexed }),
        ...annotations,
      },
      finalizers: finalizers.includes(TRACKING_FINALIZER) ? finalizers : [...finalizers, TRACKING_FINALIZER],
      ownerReferences: [controllerReference(job, JOBS)],
    },
    spec:
      indexed === undefined
        ? spec
        : {
            ...spec,
            hostname: `${name}-${indexed}`,
            containers: spec.containers.map((container) => ({
              ...container,
              env: [...(container.env ?? []), { name: 'JOB_COMPLETION_INDEX', value: indexed }],
            })),
          },
  };
}
