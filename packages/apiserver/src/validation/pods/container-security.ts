// The security context of a container, and the profiles that it shares with the pod's.
import type { AppArmorProfile, SeccompProfile, SecurityContext } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { descendingPath, idNumber } from '../names.ts';

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const MAX_PROFILE_LENGTH = 4095;

export function validateSecurityContext(context: SecurityContext | undefined, hostUsers: boolean, path: string, errors: FieldErrors): void {
  if (!context) return;
  idNumber(context.runAsUser, `${path}.runAsUser`, errors);
  idNumber(context.runAsGroup, `${path}.runAsGroup`, errors);
  errors.oneOf(`${path}.procMount`, context.procMount, ['Default', 'Unmasked']);
  if (hostUsers && context.procMount === 'Unmasked')
    errors.invalid(`${path}.procMount`, context.procMount, '`hostUsers` must be false to use `Unmasked`');
  seccompProfile(context.seccompProfile, `${path}.seccompProfile`, errors);
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged) errors.invalid(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true');
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN'))
      errors.invalid(path, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN');
  }
  appArmorProfile(context.appArmorProfile, `${path}.appArmorProfile`, errors);
}

export function seccompProfile(profile: SeccompProfile | undefined, path: string, errors: FieldErrors): void {
  if (!profile) return;
  if (!profile.type) errors.required(`${path}.type`, 'type is required when seccompProfile is set');
  else errors.oneOf(`${path}.type`, profile.type, PROFILE_TYPES);
  const { localhostProfile } = profile;
  if (profile.type !== 'Localhost') {
    if (localhostProfile !== undefined)
      errors.invalid(`${path}.localhostProfile`, profile, 'can only be set when seccomp type is Localhost');
  } else if (localhostProfile === undefined) errors.required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost');
  else descendingPath(localhostProfile, `${path}.localhostProfile`, errors);
}

export function appArmorProfile(profile: AppArmorProfile | undefined, path: string, errors: FieldErrors): void {
  if (!profile) return;
  const { type, localhostProfile } = profile;
  const at = `${path}.localhostProfile`;
  if (!type) errors.required(`${path}.type`, 'type is required when appArmorProfile is set');
  else if (type !== 'Localhost') {
    errors.oneOf(`${path}.type`, type, PROFILE_TYPES);
    if (localhostProfile !== undefined && PROFILE_TYPES.includes(type))
      errors.invalid(at, localhostProfile, 'can only be set when AppArmor type is Localhost');
  } else if (localhostProfile === undefined || localhostProfile === '') errors.required(at, 'must be set when AppArmor type is Localhost');
  else if (localhostProfile.trim() !== localhostProfile) errors.invalid(at, localhostProfile, 'must not be padded with whitespace');
  else if (localhostProfile.length > MAX_PROFILE_LENGTH) errors.tooLong(at, MAX_PROFILE_LENGTH);
}
