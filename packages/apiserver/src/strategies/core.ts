// Strategies of the core group's kinds.
import {
  type ConfigMap,
  type Endpoints,
  type Event,
  type KubeObject,
  type LimitRange,
  type Namespace,
  type Node,
  type Pod,
  type ReplicationController,
  type ResourceQuota,
  type Secret,
  type Service,
  type UnstructuredObject,
} from '@holdfast/schema';
import {
  validateLimitRange,
  validateNamespace,
  validateNamespaceStatus,
  validateNode,
  validateNodeStatus,
  validateNodeUpdate,
  validateQuota,
} from '../validation/kinds/cluster.ts';
import { validateConfigMap, validateConfigMapUpdate, validateSecret, validateSecretUpdate } from '../validation/kinds/config.ts';
import { validateEndpoints } from '../validation/kinds/endpoints.ts';
import { validateEvent } from '../validation/kinds/event.ts';
import { validateService, validateServiceStatus, validateServiceUpdate } from '../validation/kinds/service.ts';
import { validateReplicationController } from '../validation/kinds/workloads.ts';
import { validateEphemeralUpdate, validateNewPod, validatePod, validatePodUpdate } from '../validation/pods/pod.ts';
import { podWarnings } from '../validation/pods/warnings.ts';
import { serviceWarnings, templateWarnings } from '../validation/warnings.ts';
import { checked, checkedUpdate } from './checked.ts';
import { withGeneration, withoutStatus, withStatus } from './families.ts';
import { qosClass } from './qos-class.ts';
import { plainStrategy, type Strategy } from './strategy.ts';

const pod: Strategy = {
  ...withStatus,
  graceful: true,
  prepareForCreate: (object) => ({ ...object, status: { phase: 'Pending', qosClass: qosClass(object as Pod) } }) as KubeObject,
  // Owners, and how long it may take to end, are no matter of its status.
  prepareForStatusUpdate: (object, { metadata: { ownerReferences } }) => {
    const { ownerReferences: _sent, ...metadata } = object.metadata;
    return { ...object, metadata: ownerReferences ? { ...metadata, ownerReferences } : metadata };
  },
  validate: checked(validatePod),
  validateCreate: checked(validateNewPod),
  validateUpdate: checkedUpdate(validatePodUpdate),
  validateThrough: { ephemeralcontainers: checkedUpdate(validateEphemeralUpdate) },
  warnings: (object) => {
    const { spec, metadata } = object as Pod & KubeObject;
    return spec ? podWarnings(spec, metadata.annotations, '') : [];
  },
};

const service: Strategy = {
  ...withStatus,
  createOnUpdate: true,
  prepareForCreate: (object) => ({ ...object, status: { loadBalancer: {} } }) as KubeObject,
  validate: checked<Service>(validateService),
  validateUpdate: checkedUpdate<Service>(validateServiceUpdate),
  validateStatus: checked<Service>(validateServiceStatus),
  warnings: (object) => serviceWarnings(object as Service),
};

const namespace: Strategy = {
  ...withStatus,
  prepareForCreate: (object) =>
    ({
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name ?? '' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    }) as KubeObject,
  prepareForUpdate: (object, old) => ({ ...object, spec: (old as UnstructuredObject)['spec'] }) as unknown as KubeObject,
  validate: checked<Namespace>(validateNamespace),
  validateStatus: checked<Namespace>(validateNamespaceStatus),
  graceless: true,
  beginDeletion: (object) => ({ ...object, status: { ...(object as Namespace).status, phase: 'Terminating' } }) as KubeObject,
  // The namespace controller empties it first.
  isHeld: (object) => ((object as Namespace).spec?.finalizers ?? []).length > 0,
};

export const CORE_STRATEGIES: Readonly<Record<string, Strategy>> = {
  pods: pod,
  services: service,
  namespaces: namespace,
  nodes: {
    ...withStatus,
    validate: checked<Node>(validateNode),
    validateUpdate: checkedUpdate<Node>(validateNodeUpdate),
    validateStatus: checked<Node>(validateNodeStatus),
  },
  configmaps: {
    ...plainStrategy,
    validate: checked<ConfigMap>(validateConfigMap),
    validateUpdate: checkedUpdate<ConfigMap>(validateConfigMapUpdate),
  },
  secrets: { ...plainStrategy, validate: checked<Secret>(validateSecret), validateUpdate: checkedUpdate<Secret>(validateSecretUpdate) },
  replicationcontrollers: {
    ...withGeneration,
    prepareForCreate: withoutStatus,
    validate: checked<ReplicationController>(validateReplicationController),
    warnings: (object) => templateWarnings((object as ReplicationController).spec?.template, 'spec.template'),
  },
  resourcequotas: { ...withStatus, validate: checked<ResourceQuota>(validateQuota) },
  limitranges: { ...plainStrategy, createOnUpdate: true, validate: checked<LimitRange>(validateLimitRange) },
  events: { ...plainStrategy, createOnUpdate: true, validate: checked<Event>(validateEvent) },
  endpoints: { ...plainStrategy, createOnUpdate: true, validate: checked<Endpoints>(validateEndpoints) },
};
