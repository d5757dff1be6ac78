// Containers of all three sorts: ordinary, init (and sidecars), ephemeral.
import {
  type Container,
  type ContainerPort,
  type EphemeralContainer,
  isValidPortName,
  isValidPortNumber,
  type Volume,
} from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { dnsLabel } from '../names.ts';
import { resourceRequirements } from '../quantities.ts';
import { validateSecurityContext } from './container-security.ts';
import { validateEnv, validateEnvFrom } from './env.ts';
import { validateDevices, validateMounts } from './mounts.ts';
import { validateHandler, validateLivenessProbe, validateReadinessProbe } from './probes.ts';

/** What containers may refer to, and what of their pod they depend on. */
export interface PodScope {
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly resourceClaims: ReadonlySet<string>;
  readonly restartPolicy: string | undefined;
  readonly graceSeconds: number | undefined;
  readonly hostUsers: boolean;
}

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export function validateContainers(containers: readonly Container[], scope: PodScope, path: string, errors: FieldErrors): void {
  if (containers.length === 0) return errors.required(path);
  const names = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const at = `${path}[${index}]`;
    common(container, scope, at, errors);
    if (names.has(container.name)) errors.duplicate(`${at}.name`, container.name);
    names.add(container.name);
    running(container, scope, at, errors);
    if (container.restartPolicy !== undefined) errors.forbidden(`${at}.restartPolicy`, 'may not be set for non-init containers');
  }
  hostPortConflicts(containers, path, errors);
}

export function validateInitContainers(
  containers: readonly Container[],
  regular: readonly Container[],
  scope: PodScope,
  path: string,
  errors: FieldErrors,
): void {
  const names = new Set(regular.map((container) => container.name));
  for (const [index, container] of containers.entries()) {
    const at = `${path}[${index}]`;
    common(container, scope, at, errors);
    errors.oneOf(`${at}.restartPolicy`, container.restartPolicy, ['Always']);
    if (names.has(container.name)) errors.duplicate(`${at}.name`, container.name);
    else if (container.name) names.add(container.name);
    hostPortConflicts([container], path, errors);
    if (container.restartPolicy === 'Always') running(container, scope, at, errors);
    else {
      for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
        if (container[field] !== undefined)
          errors.forbidden(`${at}.${field}`, 'may not be set for init containers without restartPolicy=Always');
    }
    if (container.resizePolicy?.length) errors.invalid(`${at}.resizePolicy`, container.resizePolicy, 'must not be set for init containers');
  }
}

const NOT_FOR_EPHEMERAL = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resizePolicy',
  'restartPolicy',
] as const;

export function validateEphemeralContainers(
  containers: readonly EphemeralContainer[],
  others: readonly Container[],
  scope: PodScope,
  path: string,
  errors: FieldErrors,
): void {
  const targets = new Set(others.map((container) => container.name));
  const names = new Set(targets);
  for (const [index, container] of containers.entries()) {
    const at = `${path}[${index}]`;
    common(container as Container, scope, at, errors);
    imageSpaces(container as Container, at, errors);
    if (names.has(container.name)) errors.duplicate(`${at}.name`, container.name);
    names.add(container.name);
    if (container.targetContainerName && !targets.has(container.targetContainerName))
      errors.notFound(`${at}.targetContainerName`, container.targetContainerName);
    const { resources } = container;
    for (const field of NOT_FOR_EPHEMERAL)
      if (container[field] !== undefined) errors.forbidden(`${at}.${field}`, 'cannot be set for an Ephemeral Container');
    if (resources && Object.keys(resources).length > 0) errors.forbidden(`${at}.resources`, 'cannot be set for an Ephemeral Container');
    for (const [position, mount] of (container.volumeMounts ?? []).entries())
      for (const field of ['subPath', 'subPathExpr'] as const)
        if (mount[field]) errors.forbidden(`${at}.volumeMounts[${position}].${field}`, 'cannot be set for an Ephemeral Container');
  }
}

/** An image's name may not have spaces around it; checked for pods, not for templates. */
export function imageSpaces({ image = '' }: Container, path: string, errors: FieldErrors): void {
  if (image.trim() !== image) errors.invalid(`${path}.image`, image, 'must not have leading or trailing whitespace');
}

function common(container: Container, scope: PodScope, path: string, errors: FieldErrors): void {
  if (!container.name) errors.required(`${path}.name`);
  else dnsLabel(container.name, `${path}.name`, errors);
  if (!container.image) errors.required(`${path}.image`);
  errors.requiredOneOf(`${path}.terminationMessagePolicy`, container.terminationMessagePolicy, ['File', 'FallbackToLogsOnError']);
  validatePorts(container.ports, `${path}.ports`, errors);
  validateEnv(container.env, `${path}.env`, errors);
  validateEnvFrom(container.envFrom, `${path}.envFrom`, errors);
  validateMounts(container, scope.volumes, `${path}.volumeMounts`, errors);
  validateDevices(container.volumeDevices, container.volumeMounts, scope.volumes, `${path}.volumeDevices`, errors);
  errors.requiredOneOf(`${path}.imagePullPolicy`, container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']);
  if (container.resources) resourceRequirements(container.resources, scope.resourceClaims, `${path}.resources`, errors);
  resizePolicies(container, scope.restartPolicy, `${path}.resizePolicy`, errors);
  validateSecurityContext(container.securityContext, scope.hostUsers, `${path}.securityContext`, errors);
}

/** Hooks and probes. */
function running(container: Container, scope: PodScope, path: string, errors: FieldErrors): void {
  const { postStart, preStop } = container.lifecycle ?? {};
  if (postStart) validateHandler(postStart, scope.graceSeconds, `${path}.lifecycle.postStart`, errors);
  if (preStop) validateHandler(preStop, scope.graceSeconds, `${path}.lifecycle.preStop`, errors);
  validateLivenessProbe(container.livenessProbe, `${path}.livenessProbe`, errors);
  validateReadinessProbe(container.readinessProbe, `${path}.readinessProbe`, errors);
  validateLivenessProbe(container.startupProbe, `${path}.startupProbe`, errors);
}

function validatePorts(ports: readonly ContainerPort[] | undefined, path: string, errors: FieldErrors): void {
  const names = new Set<string>();
  for (const [index, port] of (ports ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (port.name) {
      const problems = isValidPortName(port.name);
      errors.problems(`${at}.name`, port.name, problems);
      if (problems.length === 0 && names.has(port.name)) errors.duplicate(`${at}.name`, port.name);
      if (problems.length === 0) names.add(port.name);
    }
    if (!port.containerPort) errors.required(`${at}.containerPort`);
    else errors.problems(`${at}.containerPort`, port.containerPort, isValidPortNumber(port.containerPort));
    if (port.hostPort) errors.problems(`${at}.hostPort`, port.hostPort, isValidPortNumber(port.hostPort));
    errors.requiredOneOf(`${at}.protocol`, port.protocol, PROTOCOLS);
  }
}

function hostPortConflicts(containers: readonly Container[], path: string, errors: FieldErrors): void {
  const taken = new Set<string>();
  for (const [index, container] of containers.entries()) {
    for (const [position, { hostPort, hostIP, protocol }] of (container.ports ?? []).entries()) {
      if (!hostPort) continue;
      const text = `${protocol}/${hostIP ?? ''}/${hostPort}`;
      if (taken.has(text)) errors.duplicate(`${path}[${index}].ports[${position}].hostPort`, text);
      taken.add(text);
    }
  }
}

function resizePolicies(container: Container, podRestartPolicy: string | undefined, path: string, errors: FieldErrors): void {
  const seen = new Set<string>();
  for (const [index, { resourceName, restartPolicy }] of (container.resizePolicy ?? []).entries()) {
    if (seen.has(resourceName)) errors.duplicate(`${path}[${index}]`, resourceName);
    seen.add(resourceName);
    errors.requiredOneOf(path, resourceName, ['cpu', 'memory']);
    errors.requiredOneOf(path, restartPolicy, ['NotRequired', 'RestartContainer']);
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired')
      errors.invalid(path, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'");
  }
}
