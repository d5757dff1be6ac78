// The strategy of CustomResourceDefinitions themselves.
import { timestamp } from '@holdfast/clock';
import type { CustomResourceDefinition, KubeObject } from '@holdfast/schema';
import { withGeneration } from '../strategies/families.ts';
import type { Strategy, StrategyContext } from '../strategies/strategy.ts';
import { setCondition, takenNames, withStatus } from './conditions.ts';
import { validateDefinition, validateDefinitionUpdate } from './validate.ts';

type Crd = CustomResourceDefinition & KubeObject;

/** Holds a definition until its instances are gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

export const definitionStrategy: Strategy = {
  ...withGeneration,
  unconditionalUpdate: false,
  prepareForCreate: (object, context) => {
    const { status: _status, ...fresh } = object as Crd;
    const finalizers = [...new Set([...(object.metadata.finalizers ?? []), CLEANUP_FINALIZER])];
    return stated({ ...fresh, metadata: { ...object.metadata, finalizers } }, context);
  },
  prepareForUpdate: (object, _old, context) => stated(object as Crd, context),
  validate: (object) => validateDefinition(object),
  validateUpdate: (object, old) => validateDefinitionUpdate(object as Crd, old as Crd),
  beginDeletion: (object, now) => {
    const { status, ...rest } = object as Crd;
    const terminating = {
      type: 'Terminating',
      status: 'True',
      reason: 'InstanceDeletionInProgress',
      message: 'CustomResource deletion is in progress',
    };
    return { ...rest, status: { ...status, conditions: setCondition(status?.conditions ?? [], terminating, now) } } as KubeObject;
  },
  warnings: (object) => {
    const { spec } = object as Crd;
    return spec?.conversion?.strategy === 'Webhook' && spec.versions.filter((version) => version.served).length > 1
      ? ['spec.conversion: this server calls no conversion webhooks; objects are served in every version as they were written']
      : [];
  },
};

function stated(crd: Crd, { clock, registry }: StrategyContext): KubeObject {
  const taken = takenNames(registry, crd.spec?.group ?? '', crd.metadata.name ?? '');
  return withStatus(crd, taken, timestamp(clock));
}
