// A pod's spec, in pods and in templates.
import type { PodSpec } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { validateLabels } from '../labels.ts';
import { dnsLabel, dnsSubdomain, qualifiedName } from '../names.ts';
import { resourceRequirements } from '../quantities.ts';
import { validateAffinity } from './affinity.ts';
import { type PodScope, validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.ts';
import { validateDnsConfig, validateHostAliases } from './dns.ts';
import { validateHostUsers, validatePodSecurityContext } from './pod-security.ts';
import { validateGates, validateSpread, validateTolerations } from './scheduling.ts';
import { validateVolumes } from './volumes.ts';

const MAX_INT32 = 2 ** 31 - 1;

export interface PodSpecOptions {
  /** The pod's name; '' in templates. */
  readonly podName?: string;
  /** Whether the spec is a pod's, not a template's. */
  readonly isPod?: boolean;
  /** Names of volumes that the owner of the template adds to its pods. */
  readonly addedVolumes?: readonly string[];
}

export function validatePodSpec(
  spec: PodSpec,
  path: string,
  { podName = '', isPod = false, addedVolumes = [] }: PodSpecOptions,
  errors: FieldErrors,
): void {
  if (spec.terminationGracePeriodSeconds === undefined) errors.required(`${path}.terminationGracePeriodSeconds`);
  const volumes = new Map(validateVolumes(spec.volumes ?? [], podName, `${path}.volumes`, errors));
  for (const name of addedVolumes) volumes.set(name, { name, persistentVolumeClaim: { claimName: name } });
  const scope: PodScope = {
    volumes,
    resourceClaims: validateClaims(spec, `${path}.resourceClaims`, errors),
    restartPolicy: spec.restartPolicy,
    graceSeconds: spec.terminationGracePeriodSeconds,
    hostUsers: spec.hostUsers !== false,
  };
  const containers = spec.containers ?? [];
  const initContainers = spec.initContainers ?? [];
  validateContainers(containers, scope, `${path}.containers`, errors);
  validateInitContainers(initContainers, containers, scope, `${path}.initContainers`, errors);
  validateEphemeralContainers(
    spec.ephemeralContainers ?? [],
    [...containers, ...initContainers],
    scope,
    `${path}.ephemeralContainers`,
    errors,
  );
  if (spec.hostNetwork) hostPorts(spec, isPod, path, errors);
  errors.requiredOneOf(`${path}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never']);
  errors.requiredOneOf(`${path}.dnsPolicy`, spec.dnsPolicy, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']);
  validateLabels(spec.nodeSelector, `${path}.nodeSelector`, errors);
  validatePodSecurityContext(spec, `${path}.securityContext`, errors);
  validateAffinity(spec.affinity, `${path}.affinity`, errors);
  validateDnsConfig(spec.dnsConfig, spec.dnsPolicy, `${path}.dnsConfig`, errors);
  for (const [index, gate] of (spec.readinessGates ?? []).entries())
    qualifiedName(gate.conditionType, `${path}.readinessGates[${index}].conditionType`, errors);
  validateGates(spec.schedulingGates, `${path}.schedulingGates`, errors);
  validateSpread(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`, errors);
  validateHostUsers(spec, path, errors);
  identity(spec, path, errors);
  validateTolerations(spec.tolerations, `${path}.tolerations`, errors);
  validateHostAliases(spec.hostAliases, `${path}.hostAliases`, errors);
  references(spec, path, errors);
}

function identity(spec: PodSpec, path: string, errors: FieldErrors): void {
  if (spec.serviceAccountName) dnsSubdomain(spec.serviceAccountName, `${path}.serviceAccountName`, errors);
  if (spec.nodeName) dnsSubdomain(spec.nodeName, `${path}.nodeName`, errors);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > MAX_INT32))
    errors.invalid(`${path}.activeDeadlineSeconds`, deadline, `must be between 1 and ${MAX_INT32}, inclusive`);
  if (spec.hostname) dnsLabel(spec.hostname, `${path}.hostname`, errors);
  if (spec.subdomain) dnsLabel(spec.subdomain, `${path}.subdomain`, errors);
}

function references(spec: PodSpec, path: string, errors: FieldErrors): void {
  if (spec.priorityClassName) dnsSubdomain(spec.priorityClassName, `${path}.priorityClassName`, errors);
  if (spec.runtimeClassName !== undefined) dnsSubdomain(spec.runtimeClassName, `${path}.runtimeClassName`, errors);
  if (spec.preemptionPolicy !== undefined)
    errors.requiredOneOf(`${path}.preemptionPolicy`, spec.preemptionPolicy, ['PreemptLowerPriority', 'Never']);
  if (spec.overhead) resourceRequirements({ limits: spec.overhead }, new Set(), `${path}.overhead`, errors);
  if (!spec.os) return;
  if (!spec.os.name) errors.required(`${path}.os.name`, 'cannot be empty');
  else errors.oneOf(`${path}.os`, spec.os.name, ['linux', 'windows']);
}

/** With the host's network a container's port is the host's. */
function hostPorts(spec: PodSpec, isPod: boolean, path: string, errors: FieldErrors): void {
  for (const [index, container] of (spec.containers ?? []).entries())
    for (const [position, { hostPort = 0, containerPort }] of (container.ports ?? []).entries())
      if ((isPod || hostPort !== 0) && hostPort !== containerPort)
        errors.invalid(
          `${path}.containers[${index}].ports[${position}].hostPort`,
          hostPort,
          'must match `containerPort` when `hostNetwork` is true',
        );
}

function validateClaims(spec: PodSpec, path: string, errors: FieldErrors): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [index, claim] of (spec.resourceClaims ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (!claim.name) errors.required(`${at}.name`);
    else if (names.has(claim.name)) errors.duplicate(`${at}.name`, claim.name);
    else dnsLabel(claim.name, `${at}.name`, errors);
    names.add(claim.name);
    if (claim.resourceClaimName !== undefined && claim.resourceClaimTemplateName !== undefined)
      errors.invalid(at, claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified');
    if (claim.resourceClaimName === undefined && claim.resourceClaimTemplateName === undefined)
      errors.invalid(at, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`');
    if (claim.resourceClaimName !== undefined) dnsSubdomain(claim.resourceClaimName, `${at}.resourceClaimName`, errors);
    if (claim.resourceClaimTemplateName !== undefined)
      dnsSubdomain(claim.resourceClaimTemplateName, `${at}.resourceClaimTemplateName`, errors);
  }
  return names;
}
