// Whether discovery says already what the custom resource definitions say: a server may tell of a definition's change before it does.
import { isConditionTrue } from '@holdfast/controller';
import type { CustomResourceDefinition, ResourceType } from '@holdfast/schema';

/** A resource as both name it: '<group>/<plural>'. */
export function definedResource({ spec }: CustomResourceDefinition): string {
  return `${spec?.group}/${spec?.names.plural}`;
}

/**
 * The resources, as `definedResource` names them, of which discovery says something else than the definitions that there are. `removed`:
 * those whose definition was deleted.
 */
export function laggingResources(
  discovered: readonly ResourceType[],
  definitions: readonly CustomResourceDefinition[],
  removed: ReadonlySet<string>,
): ReadonlySet<string> {
  const versions = new Map(discovered.map(({ group, resource, version }) => [`${group}/${resource}`, version]));
  const defined = new Set(definitions.map(definedResource));
  const changing = definitions.filter((definition) => {
    // One that is not established is served when its names are free, or never.
    if (!isConditionTrue(definition.status?.conditions, 'Established')) return false;
    const served = (definition.spec?.versions ?? []).filter((version) => version.served).map(({ name }) => name);
    const version = versions.get(definedResource(definition));
    return version === undefined ? served.length > 0 : !served.includes(version);
  });
  const left = [...removed].filter((resource) => !defined.has(resource) && versions.has(resource));
  return new Set([...changing.map(definedResource), ...left]);
}
