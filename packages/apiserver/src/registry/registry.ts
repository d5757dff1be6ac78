// All that is served: the built-in groups, and those of custom resource definitions as they come and go.
import { deepEqual, type GroupDef, servedGroups } from '@holdfast/schema';
import { compareVersions } from '../discovery/index.ts';
import { builtInDefinitions } from './built-in.ts';
import type { Registry, ResourceDefinition } from './resource-definition.ts';

/** What a custom resource definition serves. */
export interface CustomResources {
  /** What clients see of it: watches go on for as long as this stays equal. */
  readonly shape: unknown;
  /** Its objects are being removed: it takes no new ones. */
  readonly terminating: boolean;
  /** Made only when they are needed. */
  definitions(watches: Set<() => void>): readonly ResourceDefinition[];
}

/** The registry as the server itself uses it. */
export interface MutableRegistry extends Registry {
  /**
   * Replaces what the definition called `name` serves; undefined: it is gone. Watches of what was served in another shape end, as
   * upstream's do, once they have given what has happened: their clients begin anew with what is served now.
   */
  setCustom(name: string, served: CustomResources | undefined): void;
}

interface Custom extends CustomResources {
  readonly watches: Set<() => void>;
  readonly made: readonly ResourceDefinition[];
}

export function createRegistry(): MutableRegistry {
  const builtIn = builtInDefinitions();
  const custom = new Map<string, Custom>();
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
    setCustom: (name, served) => {
      const before = custom.get(name);
      const sameShape = before && served ? deepEqual(before.shape, served.shape) : before === served;
      if (sameShape && before?.terminating === served?.terminating) return;
      const watches = sameShape && before ? before.watches : new Set<() => void>();
      if (served) custom.set(name, { ...served, watches, made: served.definitions(watches) });
      else custom.delete(name);
      const all = [...custom.values()].flatMap(({ made }) => made);
      groups = [...servedGroups(), ...groupsOf(all)];
      customNames = new Set(all.map((definition) => definition.group));
      index = indexOf([...builtIn, ...all]);
      if (!sameShape) for (const finish of before?.watches ?? []) finish();
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
