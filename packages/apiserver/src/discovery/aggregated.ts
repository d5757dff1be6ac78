// Discovery in one answer: apidiscovery.k8s.io, v2 and v2beta1, which have the same body.
import type { GroupDef, ResourceDef, SubresourceDef } from '@holdfast/schema';

export type AggregatedVersion = 'v2' | 'v2beta1';

/** The media type that is asked for and answered: a client that reads another one than it asked for sees no resources. */
export function aggregatedMediaType(version: AggregatedVersion): string {
  return `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
}

/** The list of these groups: the core group alone under /api, the others under /apis. */
export function aggregatedDiscovery(groups: readonly GroupDef[], version: AggregatedVersion): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ group, versions }) => ({
      metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
      versions: versions.map((item) => ({ version: item.version, resources: item.resources.map(resourceOf), freshness: 'Current' })),
    })),
  };
}

function resourceOf(resource: ResourceDef): object {
  return {
    resource: resource.name,
    responseKind: { group: '', version: '', kind: resource.kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames?.length ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories?.length ? { categories: resource.categories } : {}),
    ...(resource.subresources?.length ? { subresources: resource.subresources.map(subresourceOf) } : {}),
  };
}

/** An empty group and version mean those of the resource. */
function subresourceOf({ name, kind, group = '', version = '', verbs }: SubresourceDef): object {
  return { subresource: name, responseKind: { group, version, kind }, verbs };
}
