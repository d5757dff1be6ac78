// Who may do what, and what is let in: rights, budgets, priorities, admission.
import type {
  CertificateSigningRequest,
  ClusterRoleBinding,
  FlowSchema,
  MutatingWebhookConfiguration,
  PodDisruptionBudget,
  PriorityClass,
  PriorityLevelConfiguration,
  RoleBinding,
  RuntimeClass,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '@holdfast/schema';
import { humanDuration } from '../duration.ts';
import { printer, type PrinterFamily } from '../printer.ts';
import { ageOf, nameOf, NONE, UNSET } from './cells.ts';

const budgets = printer<PodDisruptionBudget>((budget, context) => {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  return [
    nameOf(budget),
    minAvailable === undefined ? 'N/A' : String(minAvailable),
    maxUnavailable === undefined ? 'N/A' : String(maxUnavailable),
    budget.status?.disruptionsAllowed ?? 0,
    ageOf(budget, context),
  ];
});

const bindings = printer<RoleBinding | ClusterRoleBinding>((binding, context) => {
  const subjects = binding.subjects ?? [];
  const named = (kind: string): string =>
    subjects
      .filter((subject) => subject.kind === kind)
      .map(({ name, namespace }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
      .join(', ');
  return [
    nameOf(binding),
    `${binding.roleRef?.kind ?? ''}/${binding.roleRef?.name ?? ''}`,
    ageOf(binding, context),
    named('User'),
    named('Group'),
    named('ServiceAccount'),
  ];
});

const priorityClasses = printer<PriorityClass>((priorityClass, context) => [
  nameOf(priorityClass),
  priorityClass.value ?? 0,
  priorityClass.globalDefault ?? false,
  ageOf(priorityClass, context),
  priorityClass.preemptionPolicy ?? 'PreemptLowerPriority',
]);

const runtimeClasses = printer<RuntimeClass>((runtimeClass, context) => [
  nameOf(runtimeClass),
  runtimeClass.handler ?? '',
  ageOf(runtimeClass, context),
]);

const webhookConfigurations = printer<MutatingWebhookConfiguration>((configuration, context) => [
  nameOf(configuration),
  configuration.webhooks?.length ?? 0,
  ageOf(configuration, context),
]);

const admissionPolicies = printer<ValidatingAdmissionPolicy>((policy, context) => {
  const parameter = policy.spec?.paramKind;
  return [
    nameOf(policy),
    policy.spec?.validations?.length ?? 0,
    parameter ? `${parameter.apiVersion ?? ''}/${parameter.kind ?? ''}` : UNSET,
    ageOf(policy, context),
  ];
});

const admissionPolicyBindings = printer<ValidatingAdmissionPolicyBinding>((binding, context) => {
  const reference = binding.spec?.paramRef;
  const parameter = reference ? `${reference.namespace ? `${reference.namespace}/` : ''}${reference.name || '*'}` : UNSET;
  return [nameOf(binding), binding.spec?.policyName ?? '', parameter, ageOf(binding, context)];
});

const signingRequests = printer<CertificateSigningRequest>((request, context) => {
  const { spec } = request;
  return [
    nameOf(request),
    ageOf(request, context),
    spec?.signerName || NONE,
    spec?.username ?? '',
    spec?.expirationSeconds === undefined ? NONE : humanDuration(spec.expirationSeconds * 1000),
    signingStatus(request),
  ];
});

const flowSchemas = printer<FlowSchema>((schema, context) => [
  nameOf(schema),
  schema.spec?.priorityLevelConfiguration?.name ?? '',
  schema.spec?.matchingPrecedence ?? 0,
  schema.spec?.distinguisherMethod?.type ?? NONE,
  ageOf(schema, context),
  schema.status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
]);

const priorityLevels = printer<PriorityLevelConfiguration>((level, context) => {
  const { spec } = level;
  const queuing = spec?.limited?.limitResponse?.queuing;
  return [
    nameOf(level),
    spec?.type ?? '',
    spec?.limited?.nominalConcurrencyShares ?? NONE,
    queuing?.queues ?? NONE,
    queuing?.handSize ?? NONE,
    queuing?.queueLengthLimit ?? NONE,
    ageOf(level, context),
  ];
});

export const POLICY_FAMILY: PrinterFamily = {
  'poddisruptionbudgets.policy': budgets,
  'rolebindings.rbac.authorization.k8s.io': bindings,
  'clusterrolebindings.rbac.authorization.k8s.io': bindings,
  'priorityclasses.scheduling.k8s.io': priorityClasses,
  'runtimeclasses.node.k8s.io': runtimeClasses,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': webhookConfigurations,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': webhookConfigurations,
  'validatingadmissionpolicies.admissionregistration.k8s.io': admissionPolicies,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': admissionPolicyBindings,
  'certificatesigningrequests.certificates.k8s.io': signingRequests,
  'flowschemas.flowcontrol.apiserver.k8s.io': flowSchemas,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': priorityLevels,
};

function signingStatus({ status }: CertificateSigningRequest): string {
  const has = (type: string): boolean => status?.conditions?.some((condition) => condition.type === type) ?? false;
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${decision}${has('Failed') ? ',Failed' : ''}${status?.certificate ? ',Issued' : ''}`;
}
