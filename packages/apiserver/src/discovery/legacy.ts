// Discovery in many answers, as clients without aggregated discovery read it: one for the groups, one per group version.
import type { GroupDef, ResourceDef } from '@holdfast/schema';

type Version = GroupDef['versions'][number];

/** GET /api. `serverAddress` is 'host:port'. */
export function apiVersions(core: GroupDef | undefined, serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: (core?.versions ?? []).map(({ version }) => version),
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** GET /apis. */
export function apiGroupList(groups: readonly GroupDef[]): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupBody) };
}

/** GET /apis/G. */
export function apiGroup(group: GroupDef): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(group) };
}

/** GET /api/v1 and /apis/G/V: resources, their subresources after them. */
export function apiResourceList({ group }: GroupDef, { version, resources }: Version): object {
  return {
    kind: 'APIResourceList',
    // The core group's list has never had an apiVersion.
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: resources.flatMap(entriesOf),
  };
}

function groupBody({ group, versions }: GroupDef): object {
  const entries = versions.map(({ version }) => ({ groupVersion: `${group}/${version}`, version }));
  const preferred = versions.findIndex((version) => version.preferred);
  return { name: group, versions: entries, preferredVersion: entries[Math.max(0, preferred)] };
}

function entriesOf(resource: ResourceDef): readonly object[] {
  const { name, singular, namespaced, kind, verbs, shortNames, categories, storageVersionHash } = resource;
  const own = {
    name,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames?.length ? { shortNames } : {}),
    ...(categories?.length ? { categories } : {}),
    ...(storageVersionHash ? { storageVersionHash } : {}),
  };
  const parts = (resource.subresources ?? []).map((part) => ({
    name: `${name}/${part.name}`,
    singularName: '',
    namespaced,
    ...(part.group === undefined ? {} : { group: part.group }),
    ...(part.version === undefined ? {} : { version: part.version }),
    kind: part.kind,
    verbs: part.verbs,
  }));
  return [own, ...parts];
}
