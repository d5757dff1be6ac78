// The security context of a pod.
import type { PodSecurityContext, PodSpec } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { idNumber } from '../names.ts';
import { appArmorProfile, seccompProfile } from './container-security.ts';

const SYSCTL_SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL = `^(${SYSCTL_SEGMENT}[\\./])*${SYSCTL_SEGMENT}$`;
const SYSCTL_RE = new RegExp(SYSCTL);
const SYSCTL_MAX = 253;

export function validatePodSecurityContext(spec: PodSpec, path: string, errors: FieldErrors): void {
  const context = spec.securityContext;
  if (!context) return;
  idNumber(context.fsGroup, `${path}.fsGroup`, errors);
  idNumber(context.runAsUser, `${path}.runAsUser`, errors);
  idNumber(context.runAsGroup, `${path}.runAsGroup`, errors);
  for (const [index, group] of (context.supplementalGroups ?? []).entries())
    idNumber(group, `${path}.supplementalGroups[${index}]`, errors);
  // Upstream's internal type has this field in the security context.
  if (spec.shareProcessNamespace && spec.hostPID)
    errors.invalid(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled');
  sysctls(context, spec, `${path}.sysctls`, errors);
  errors.oneOf(`${path}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']);
  seccompProfile(context.seccompProfile, `${path}.seccompProfile`, errors);
  appArmorProfile(context.appArmorProfile, `${path}.appArmorProfile`, errors);
  errors.oneOf(`${path}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, ['Merge', 'Strict']);
}

function sysctls(context: PodSecurityContext, spec: PodSpec, path: string, errors: FieldErrors): void {
  const names = new Set<string>();
  for (const [index, { name }] of (context.sysctls ?? []).entries()) {
    const at = `${path}[${index}].name`;
    if (!name) errors.required(at);
    else if (name.length > SYSCTL_MAX || !SYSCTL_RE.test(name))
      errors.invalid(at, name, `must have at most ${SYSCTL_MAX} characters and match regex ${SYSCTL}`);
    else if (names.has(name)) errors.duplicate(at, name);
    names.add(name);
    if (spec.hostNetwork && /^net[./]/.test(name)) errors.invalid(at, name, "may not be specified when 'hostNetwork' is true");
    if (spec.hostIPC && /^(kernel[./](shm|msg|sem)|fs[./]mqueue[./])/.test(name))
      errors.invalid(at, name, "may not be specified when 'hostIPC' is true");
  }
}

/** Users of the pod's own cannot share the host's namespaces. */
export function validateHostUsers(spec: PodSpec, path: string, errors: FieldErrors): void {
  if (spec.hostUsers !== false) return;
  const detail = 'when `pod.Spec.HostUsers` is false';
  if (spec.hostNetwork) errors.forbidden(`${path}.hostNetwork`, detail);
  if (spec.hostPID) errors.forbidden(`${path}.HostPID`, detail);
  if (spec.hostIPC) errors.forbidden(`${path}.HostIPC`, detail);
}
