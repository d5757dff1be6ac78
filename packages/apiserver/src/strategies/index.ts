// The strategies of the built-in kinds: those that differ from the plain one, by resource and group.
import type {
  ClusterRole,
  ClusterRoleBinding,
  EndpointSlice,
  HorizontalPodAutoscaler,
  Ingress,
  Lease,
  NetworkPolicy,
  PodDisruptionBudget,
  PriorityClass,
  Role,
  RoleBinding,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '@holdfast/schema';
import { definitionStrategy } from '../crd/strategy.ts';
import type { FieldErrors } from '../validation/field-errors.ts';
import { validateAdmissionPolicy, validateAdmissionPolicyBinding } from '../validation/kinds/admission-policies.ts';
import { validateEndpointSlice, validateEndpointSliceUpdate } from '../validation/kinds/endpoints.ts';
import { validateIngress, validateNetworkPolicy } from '../validation/kinds/network.ts';
import {
  validateAutoscaler,
  validateDisruptionBudget,
  validateDisruptionBudgetStatus,
  validateLease,
  validatePriorityClass,
  validatePriorityClassUpdate,
} from '../validation/kinds/policy.ts';
import { validateBinding, validateBindingUpdate, validateClusterRole, validateRole } from '../validation/kinds/rbac.ts';
import { validateWebhooks, type WebhookConfiguration } from '../validation/kinds/webhooks.ts';
import { checked, checkedUpdate } from './checked.ts';
import { CORE_STRATEGIES } from './core.ts';
import { withCounts, withGeneration, withoutStatus, withStatus } from './families.ts';
import { STORAGE_STRATEGIES } from './storage.ts';
import { plainStrategy, type Strategy } from './strategy.ts';
import { WORKLOAD_STRATEGIES } from './workloads.ts';

const conditionalOnly = { unconditionalUpdate: false };

const roleBinding = (namespaced: boolean): Strategy => ({
  ...plainStrategy,
  createOnUpdate: true,
  validate: checked((binding: RoleBinding | ClusterRoleBinding, errors: FieldErrors) => validateBinding(binding, namespaced, errors)),
  validateUpdate: checkedUpdate<RoleBinding>(validateBindingUpdate),
});

const webhookConfiguration = (mutating: boolean): Strategy => ({
  ...plainStrategy,
  ...conditionalOnly,
  generation: true,
  validate: checked((configuration: WebhookConfiguration, errors: FieldErrors) => validateWebhooks(configuration, mutating, errors)),
});

const STRATEGIES: Readonly<Record<string, Strategy>> = {
  ...CORE_STRATEGIES,
  ...STORAGE_STRATEGIES,
  ...WORKLOAD_STRATEGIES,
  'poddisruptionbudgets.policy': {
    ...withGeneration,
    ...conditionalOnly,
    prepareForCreate: (object) => withCounts(object, 'disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'),
    validate: checked<PodDisruptionBudget>(validateDisruptionBudget),
    validateStatus: checked<PodDisruptionBudget>(validateDisruptionBudgetStatus),
  },
  'leases.coordination.k8s.io': { ...plainStrategy, ...conditionalOnly, createOnUpdate: true, validate: checked<Lease>(validateLease) },
  'priorityclasses.scheduling.k8s.io': {
    ...plainStrategy,
    generation: true,
    validate: checked<PriorityClass>(validatePriorityClass),
    validateUpdate: checkedUpdate<PriorityClass>(validatePriorityClassUpdate),
  },
  'horizontalpodautoscalers.autoscaling': { ...withStatus, validate: checked<HorizontalPodAutoscaler>(validateAutoscaler) },
  'ingresses.networking.k8s.io': { ...withGeneration, prepareForCreate: withoutStatus, validate: checked<Ingress>(validateIngress) },
  'networkpolicies.networking.k8s.io': { ...plainStrategy, generation: true, validate: checked<NetworkPolicy>(validateNetworkPolicy) },
  'endpointslices.discovery.k8s.io': {
    ...plainStrategy,
    generation: true,
    validate: checked<EndpointSlice>(validateEndpointSlice),
    validateUpdate: checkedUpdate<EndpointSlice>(validateEndpointSliceUpdate),
  },
  'roles.rbac.authorization.k8s.io': { ...plainStrategy, createOnUpdate: true, validate: checked<Role>(validateRole) },
  'clusterroles.rbac.authorization.k8s.io': { ...plainStrategy, createOnUpdate: true, validate: checked<ClusterRole>(validateClusterRole) },
  'rolebindings.rbac.authorization.k8s.io': roleBinding(true),
  'clusterrolebindings.rbac.authorization.k8s.io': roleBinding(false),
  'customresourcedefinitions.apiextensions.k8s.io': definitionStrategy,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': webhookConfiguration(true),
  'validatingwebhookconfigurations.admissionregistration.k8s.io': webhookConfiguration(false),
  'validatingadmissionpolicies.admissionregistration.k8s.io': {
    ...withGeneration,
    ...conditionalOnly,
    prepareForCreate: withoutStatus,
    validate: checked<ValidatingAdmissionPolicy>(validateAdmissionPolicy),
  },
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': {
    ...plainStrategy,
    ...conditionalOnly,
    generation: true,
    validate: checked<ValidatingAdmissionPolicyBinding>(validateAdmissionPolicyBinding),
  },
  'runtimeclasses.node.k8s.io': { ...plainStrategy, ...conditionalOnly, createOnUpdate: true },
  'certificatesigningrequests.certificates.k8s.io': withStatus,
};

/** The strategy of a built-in resource. */
export function strategyOf(group: string, resource: string): Strategy {
  return STRATEGIES[group === '' ? resource : `${resource}.${group}`] ?? plainStrategy;
}
