// StatefulSets.
import { deepEqual, STATEFUL_SET_MUTABLE, type StatefulSet } from '@holdfast/schema';
import { dnsLabel } from '../names.ts';
import type { FieldErrors } from '../field-errors.ts';
import { atMost100Percent, goIntOrString, nonNegativeIntOrPercent, numberOf } from './int-or-percent.ts';
import { runsForEver, selectorAndTemplate } from './workloads.ts';

const RETENTION = ['Retain', 'Delete'];

export function validateStatefulSet(set: StatefulSet, errors: FieldErrors): void {
  const { spec } = set;
  // Pods are named after it, and their names are labels of the DNS.
  dnsLabel(set.metadata?.name ?? '', 'metadata.name', errors);
  if (!spec) return errors.required('spec.selector');
  const policy = spec.podManagementPolicy;
  if (!policy) errors.required('spec.podManagementPolicy');
  else if (policy !== 'OrderedReady' && policy !== 'Parallel')
    errors.invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'");
  updateStrategy(spec.updateStrategy, errors);
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  for (const field of ['whenDeleted', 'whenScaled'] as const)
    if (retention) errors.oneOf(`spec.persistentVolumeClaimRetentionPolicy.${field}`, retention[field] ?? '', RETENTION);
  errors.nonNegative('spec.replicas', spec.replicas);
  errors.nonNegative('spec.minReadySeconds', spec.minReadySeconds);
  errors.nonNegative('spec.ordinals.start', spec.ordinals?.start);
  const addedVolumes = (spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata?.name ?? '');
  selectorAndTemplate(spec, 'statefulset', { path: 'spec.template', addedVolumes }, errors);
  runsForEver(spec.template, 'StatefulSet', 'spec.template', errors);
}

function updateStrategy(strategy: NonNullable<StatefulSet['spec']>['updateStrategy'], errors: FieldErrors): void {
  const path = 'spec.updateStrategy';
  const rolling = strategy?.rollingUpdate;
  switch (strategy?.type ?? '') {
    case '':
      return errors.required(path);
    case 'OnDelete':
      if (rolling) errors.invalid(`${path}.rollingUpdate`, rolling, "only allowed for updateStrategy 'RollingUpdate'");
      return;
    case 'RollingUpdate':
      break;
    default:
      return errors.invalid(path, strategy, "must be 'RollingUpdate' or 'OnDelete'");
  }
  errors.nonNegative(`${path}.rollingUpdate.partition`, rolling?.partition);
  const maximum = rolling?.maxUnavailable;
  if (maximum === undefined) return;
  nonNegativeIntOrPercent(maximum, `${path}.rollingUpdate.maxUnavailable`, errors);
  if (numberOf(maximum) === 0) errors.invalid(`${path}.rollingUpdate.maxUnavailable`, goIntOrString(maximum), 'cannot be 0');
  atMost100Percent(maximum, `${path}.rollingUpdate.maxUnavailable`, errors);
}

export function validateStatefulSetUpdate(next: StatefulSet, old: StatefulSet, errors: FieldErrors): void {
  const fixed = ({ spec }: StatefulSet): unknown =>
    Object.fromEntries(Object.entries(spec ?? {}).filter(([field, value]) => !STATEFUL_SET_MUTABLE.includes(field) && value !== undefined));
  if (!deepEqual(fixed(next), fixed(old)))
    errors.forbidden(
      'spec',
      `updates to statefulset spec for fields other than ${STATEFUL_SET_MUTABLE.slice(0, -1)
        .map((field) => `'${field}'`)
        .join(', ')} and '${STATEFUL_SET_MUTABLE.at(-1)}' are forbidden`,
    );
}

export function validateStatefulSetStatus(next: StatefulSet, errors: FieldErrors): void {
  const status = next.status ?? { replicas: 0 };
  const replicas = status.replicas ?? 0;
  const counts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const;
  errors.nonNegative('status.replicas', replicas);
  for (const field of counts) errors.nonNegative(`status.${field}`, status[field]);
  for (const field of counts)
    if ((status[field] ?? 0) > replicas) errors.invalid(`status.${field}`, status[field], 'cannot be greater than status.replicas');
  if ((status.availableReplicas ?? 0) > (status.readyReplicas ?? 0))
    errors.invalid('status.availableReplicas', status.availableReplicas, 'cannot be greater than status.readyReplicas');
}
