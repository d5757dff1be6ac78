// The docker-style variables by which a container finds the services that existed before it.
import type { Service } from '@holdfast/schema';

/** Variables for services in the order given. Headless services and services without an address have none. */
export function serviceVariables(services: readonly Service[]): Readonly<Record<string, string>> {
  return Object.assign({}, ...services.filter(hasAddress).map(variablesOf));
}

function hasAddress({ spec }: Service): boolean {
  return spec?.clusterIP !== undefined && spec.clusterIP !== '' && spec.clusterIP !== 'None' && (spec.ports?.length ?? 0) > 0;
}

function variablesOf({ metadata, spec }: Service): Readonly<Record<string, string>> {
  const name = environmentName(metadata.name ?? '');
  const ip = spec?.clusterIP ?? '';
  const ports = spec?.ports ?? [];
  const first = ports[0];
  if (!first) return {};
  const variables: Record<string, string> = { [`${name}_SERVICE_HOST`]: ip, [`${name}_SERVICE_PORT`]: String(first.port) };
  for (const port of ports) if (port.name) variables[`${name}_SERVICE_PORT_${environmentName(port.name)}`] = String(port.port);
  const url = (port: typeof first): string => `${(port.protocol ?? 'TCP').toLowerCase()}://${ip}:${port.port}`;
  variables[`${name}_PORT`] = url(first);
  for (const port of ports) {
    const prefix = `${name}_PORT_${port.port}_${(port.protocol ?? 'TCP').toUpperCase()}`;
    variables[prefix] = url(port);
    variables[`${prefix}_PROTO`] = (port.protocol ?? 'TCP').toLowerCase();
    variables[`${prefix}_PORT`] = String(port.port);
    variables[`${prefix}_ADDR`] = ip;
  }
  return variables;
}

function environmentName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
