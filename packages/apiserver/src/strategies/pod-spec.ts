// Validation of a pod's spec, also inside templates.
import {
  compareQuantities,
  duplicate,
  type Container,
  type FieldError,
  invalidValue,
  isDns1123Label,
  isEnvVarName,
  isValidPortName,
  isValidPortNumber,
  notFoundField,
  notSupported,
  type Pod,
  type PodSpec,
  required,
} from '@holdfast/schema';

/** Errors of the spec at `path`. `claimTemplates`: names of volumes that a StatefulSet adds to its pods. */
export function validatePodSpec(spec: PodSpec | undefined, path: string, claimTemplates: readonly string[] = []): readonly FieldError[] {
  if (!spec) return [required(path)];
  const errors: FieldError[] = [];
  const volumes = new Set<string>();
  for (const [index, volume] of (spec.volumes ?? []).entries()) {
    const at = `${path}.volumes[${index}]`;
    errors.push(...nameErrors(volume.name, `${at}.name`, volumes));
    const sources = Object.entries(volume).filter(([field, value]) => field !== 'name' && value !== undefined);
    if (sources.length > 1)
      errors.push({ type: 'Forbidden', field: `${at}.${sources[1]?.[0]}`, detail: 'may not specify more than 1 volume type' });
  }
  for (const name of claimTemplates) volumes.add(name);
  if (spec.containers.length === 0) errors.push(required(`${path}.containers`));
  const names = new Set<string>();
  for (const [index, container] of (spec.initContainers ?? []).entries())
    errors.push(...validateContainer(container, `${path}.initContainers[${index}]`, names, volumes));
  for (const [index, container] of spec.containers.entries())
    errors.push(...validateContainer(container, `${path}.containers[${index}]`, names, volumes));
  if (spec.restartPolicy && !['Always', 'OnFailure', 'Never'].includes(spec.restartPolicy)) {
    errors.push(notSupported(`${path}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never']));
  }
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0)
    errors.push(
      invalidValue(`${path}.terminationGracePeriodSeconds`, spec.terminationGracePeriodSeconds, 'must be greater than or equal to 0'),
    );
  return errors;
}

function validateContainer(container: Container, path: string, names: Set<string>, volumes: ReadonlySet<string>): readonly FieldError[] {
  const errors: FieldError[] = [...nameErrors(container.name, `${path}.name`, names)];
  if (!container.image) errors.push(required(`${path}.image`));
  else if (container.image.trim() !== container.image)
    errors.push(invalidValue(`${path}.image`, container.image, 'must not have leading or trailing whitespace'));
  for (const [index, variable] of (container.env ?? []).entries()) {
    if (!variable.name) errors.push(required(`${path}.env[${index}].name`));
    else for (const problem of isEnvVarName(variable.name)) errors.push(invalidValue(`${path}.env[${index}].name`, variable.name, problem));
  }
  const portNames = new Set<string>();
  for (const [index, port] of (container.ports ?? []).entries()) {
    const at = `${path}.ports[${index}]`;
    if (port.name) {
      for (const problem of isValidPortName(port.name)) errors.push(invalidValue(`${at}.name`, port.name, problem));
      if (portNames.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      portNames.add(port.name);
    }
    for (const problem of isValidPortNumber(port.containerPort))
      errors.push(invalidValue(`${at}.containerPort`, port.containerPort, problem));
    if (port.protocol && !['TCP', 'UDP', 'SCTP'].includes(port.protocol))
      errors.push(notSupported(`${at}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']));
  }
  const paths = new Set<string>();
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${path}.volumeMounts[${index}]`;
    if (!mount.name) errors.push(required(`${at}.name`));
    else if (!volumes.has(mount.name)) errors.push(notFoundField(`${at}.name`, mount.name));
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`));
    else if (paths.has(mount.mountPath)) errors.push(invalidValue(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    paths.add(mount.mountPath);
  }
  for (const [name, request] of Object.entries(container.resources?.requests ?? {})) {
    const limit = container.resources?.limits?.[name];
    if (limit !== undefined && compareQuantities(request, limit) > 0) {
      errors.push(invalidValue(`${path}.resources.requests`, String(request), `must be less than or equal to ${name} limit of ${limit}`));
    }
  }
  return errors;
}

function nameErrors(name: string | undefined, path: string, seen: Set<string>): readonly FieldError[] {
  if (!name) return [required(path)];
  const errors = isDns1123Label(name).map((problem) => invalidValue(path, name, problem));
  if (seen.has(name)) errors.push(duplicate(path, name));
  seen.add(name);
  return errors;
}

/** Guaranteed, Burstable or BestEffort, by the containers' cpu and memory. */
export function qosClass(pod: Pod): string {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  let any = false;
  let guaranteed = true;
  for (const { resources } of containers) {
    for (const name of ['cpu', 'memory']) {
      const request = resources?.requests?.[name];
      const limit = resources?.limits?.[name];
      if (request !== undefined || limit !== undefined) any = true;
      if (limit === undefined || (request !== undefined && compareQuantities(request, limit) !== 0)) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
