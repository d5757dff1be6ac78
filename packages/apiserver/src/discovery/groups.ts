// Groups of custom resources, in the form in which the API table has the built-in ones.
import type { CustomResourceDefinition, GroupDef, ResourceDef, SubresourceDef } from '@holdfast/schema';

type Spec = NonNullable<CustomResourceDefinition['spec']>;
type Version = Spec['versions'][number];

interface Served {
  readonly spec: Spec;
  readonly status: CustomResourceDefinition['status'];
}

/** In the order in which upstream lists them. */
const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/;
const STAGES: Readonly<Record<string, number>> = { alpha: 0, beta: 1 };
const STABLE = 2;

/** Groups of the definitions that are established, in order of their names; versions in order of preference. */
export function customGroups(definitions: readonly CustomResourceDefinition[]): readonly GroupDef[] {
  const served = definitions.flatMap(toServed).toSorted((a, b) => (a.spec.names.plural < b.spec.names.plural ? -1 : 1));
  const groups = [...new Set(served.map(({ spec }) => spec.group))].toSorted();
  return groups.map((group) =>
    groupOf(
      group,
      served.filter(({ spec }) => spec.group === group),
    ),
  );
}

/** Compares versions by preference: v2, v1, v1beta1, v1alpha1, then anything else by name. */
export function compareVersions(a: string, b: string): number {
  const [ranksA, ranksB] = [rankOf(a), rankOf(b)];
  if (!ranksA || !ranksB) return ranksA ? -1 : ranksB ? 1 : a < b ? -1 : 1;
  const differing = ranksA.findIndex((rank, index) => rank !== ranksB[index]);
  return differing < 0 ? 0 : (ranksB[differing] ?? 0) - (ranksA[differing] ?? 0);
}

function rankOf(version: string): readonly number[] | undefined {
  const found = VERSION.exec(version);
  return found ? [STAGES[found[2] ?? ''] ?? STABLE, Number(found[1]), Number(found[3] ?? 0)] : undefined;
}

function toServed({ spec, status }: CustomResourceDefinition): readonly Served[] {
  const established = status?.conditions?.some(({ type, status: value }) => type === 'Established' && value === 'True');
  return spec && established ? [{ spec, status }] : [];
}

function groupOf(group: string, definitions: readonly Served[]): GroupDef {
  const versions = definitions.flatMap(({ spec }) => spec.versions.filter(({ served }) => served).map(({ name }) => name));
  const ordered = [...new Set(versions)].toSorted(compareVersions);
  return {
    group,
    versions: ordered.map((version, index) => ({
      version,
      preferred: index === 0,
      resources: definitions.flatMap((definition) => {
        const found = definition.spec.versions.find(({ name, served }) => served && name === version);
        return found ? [resourceOf(definition, found)] : [];
      }),
    })),
  };
}

function resourceOf({ spec, status }: Served, version: Version): ResourceDef {
  const names = status?.acceptedNames?.plural ? status.acceptedNames : spec.names;
  return {
    name: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    kind: names.kind,
    namespaced: spec.scope === 'Namespaced',
    verbs: VERBS,
    ...(names.shortNames?.length ? { shortNames: names.shortNames } : {}),
    ...(names.categories?.length ? { categories: names.categories } : {}),
    subresources: subresourcesOf(names.kind, version),
  };
}

function subresourcesOf(kind: string, { subresources }: Version): readonly SubresourceDef[] {
  const verbs = ['get', 'patch', 'update'];
  return [
    ...(subresources?.status ? [{ name: 'status', kind, verbs }] : []),
    ...(subresources?.scale ? [{ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs }] : []),
  ];
}
