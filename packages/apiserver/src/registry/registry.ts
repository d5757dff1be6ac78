// All that is served: the built-in groups, and those of custom resource definitions as they come and go.
import { type GroupDef, servedGroups } from '@holdfast/schema';
import { compareVersions } from '../discovery/index.ts';
import { builtInDefinitions } from './built-in.ts';
import type { Registry, ResourceDefinition } from './resource-definition.ts';

/** The registry as the server itself uses it. */
export interface MutableRegistry extends Registry {
  /** Replaces what the definition called `name` serves; no definitions: it is gone. */
  setCustom(name: string, definitions: readonly ResourceDefinition[]): void;
}

export function createRegistry(): MutableRegistry {
  const builtIn = builtInDefinitions();
  const custom = new Map<string, readonly ResourceDefinition[]>();
  let groups: readonly GroupDef[] = servedGroups();
  let index = indexOf(builtIn);
  let customNames: ReadonlySet<string> = new Set();
  return {
    groupDefs: () => groups,
    isCustomGroup: (group) => customNames.has(group),
    find: (group, version, resource) => index.get(`${group}/${version}/${resource}`),
    ofKind: (group, version, kind) =>
      [...index.values()].find((one) => one.group === group && one.version === version && one.kind === kind),
    equivalents: (definition) =>
      [...index.values()].filter((other) => other !== definition && other.storagePrefix === definition.storagePrefix),
    setCustom: (name, definitions) => {
      if (definitions.length === 0) custom.delete(name);
      else custom.set(name, definitions);
      const all = [...custom.values()].flat();
      groups = [...servedGroups(), ...groupsOf(all)];
      customNames = new Set(all.map((definition) => definition.group));
      index = indexOf([...builtIn, ...all]);
    },
  };
}

function indexOf(definitions: readonly ResourceDefinition[]): ReadonlyMap<string, ResourceDefinition> {
  return new Map(definitions.map((definition) => [`${definition.group}/${definition.version}/${definition.resource}`, definition]));
}

function groupsOf(definitions: readonly ResourceDefinition[]): readonly GroupDef[] {
  const groups = [...new Set(definitions.map((definition) => definition.group))].toSorted((a, b) => (a < b ? -1 : 1));
  return groups.map((group) => {
    const members = definitions.filter((definition) => definition.group === group);
    const versions = [...new Set(members.map((definition) => definition.version))].toSorted(compareVersions);
    return {
      group,
      versions: versions.map((version, position) => ({
        version,
        preferred: position === 0,
        resources: members
          .filter((definition) => definition.version === version)
          .toSorted((a, b) => (a.resource < b.resource ? -1 : 1))
          .map(({ resource, ...rest }) => ({ ...rest, name: resource })),
      })),
    };
  });
}
