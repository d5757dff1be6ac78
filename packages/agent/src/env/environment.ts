// A container's environment, from everything that the API lets it come from.
import type { ConfigMap, Container, EnvVar, Pod, Secret } from '@holdfast/schema';
import { expand } from './expand.ts';
import { type FieldFacts, fieldValue, resourceValue } from './field-ref.ts';

/** The environment cannot be made: the container waits with CreateContainerConfigError and this message. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
}

/** Where values come from. Lookups give undefined for what does not exist. */
export interface EnvironmentSources {
  readonly pod: Pod;
  readonly facts: FieldFacts;
  /** What the node can give, by resource name. */
  readonly allocatable: Readonly<Record<string, string>>;
  /** Variables of services and of the node; the pod's own override them. */
  readonly given: Readonly<Record<string, string>>;
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
}

/** Resolves envFrom, then env in order with $(VAR). Throws ContainerConfigError with the kubelet's words. */
export async function resolveEnvironment(container: Container, sources: EnvironmentSources): Promise<Readonly<Record<string, string>>> {
  const result: Record<string, string> = { ...sources.given };
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef ? await configMapData(configMapRef, sources) : secretRef ? await secretData(secretRef, sources) : {};
    for (const [key, value] of Object.entries(data)) result[`${prefix}${key}`] = value;
  }
  const own: Record<string, string> = {};
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? await referencedValue(variable, container, sources)
      : expand(variable.value ?? '', (name) => own[name] ?? result[name]);
    if (value !== undefined) own[variable.name] = value;
  }
  return { ...result, ...own };
}

interface Reference {
  readonly name?: string | undefined;
  readonly optional?: boolean | undefined;
}

async function configMapData({ name = '', optional }: Reference, sources: EnvironmentSources): Promise<Readonly<Record<string, string>>> {
  const found = await sources.configMap(name);
  if (!found && !optional) throw new ContainerConfigError(`configmap "${name}" not found`);
  return found?.data ?? {};
}

async function secretData({ name = '', optional }: Reference, sources: EnvironmentSources): Promise<Readonly<Record<string, string>>> {
  const found = await sources.secret(name);
  if (!found && !optional) throw new ContainerConfigError(`secret "${name}" not found`);
  return Object.fromEntries(Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
}

async function referencedValue(variable: EnvVar, container: Container, sources: EnvironmentSources): Promise<string | undefined> {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {};
  const { pod } = sources;
  if (fieldRef) return wrapped(() => fieldValue(fieldRef.fieldPath, pod, sources.facts));
  if (resourceFieldRef && pod.spec) {
    const { spec } = pod;
    return wrapped(() => resourceValue(resourceFieldRef, spec, container, sources.allocatable));
  }
  if (configMapKeyRef) {
    const value = (await configMapData(configMapKeyRef, sources))[configMapKeyRef.key];
    if (value === undefined && !configMapKeyRef.optional) {
      throw new ContainerConfigError(
        `couldn't find key ${configMapKeyRef.key} in ConfigMap ${pod.metadata.namespace}/${configMapKeyRef.name}`,
      );
    }
    return value;
  }
  if (secretKeyRef) {
    const value = (await secretData(secretKeyRef, sources))[secretKeyRef.key];
    if (value === undefined && !secretKeyRef.optional) {
      throw new ContainerConfigError(`couldn't find key ${secretKeyRef.key} in Secret ${pod.metadata.namespace}/${secretKeyRef.name}`);
    }
    return value;
  }
  return undefined;
}

function wrapped(read: () => string): string {
  try {
    return read();
  } catch (error) {
    throw new ContainerConfigError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
