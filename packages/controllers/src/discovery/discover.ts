// All resources that the server serves, custom ones included, one version of each.
import type { Client } from '@holdfast/client';
import type { ResourceType } from '@holdfast/schema';

/** A resource with what can be done to it. */
export interface DiscoveredResource extends ResourceType {
  readonly verbs: readonly string[];
  /** All versions in which it is served, the preferred one first. */
  readonly servedVersions: readonly string[];
}

interface Discovery {
  readonly items: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources: readonly {
        readonly resource: string;
        readonly responseKind: { readonly kind: string };
        readonly scope: string;
        readonly verbs: readonly string[];
      }[];
    }[];
  }[];
}

const ACCEPT = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** The preferred version of each resource. Needs a server with aggregated discovery (1.26 or newer). */
export async function discover(client: Client, signal: AbortSignal): Promise<readonly DiscoveredResource[]> {
  const documents = (await Promise.all(
    ['/api', '/apis'].map((path) => client.raw(path, { accept: ACCEPT, signal })),
  )) as readonly Discovery[];
  const found = new Map<string, DiscoveredResource>();
  for (const group of documents.flatMap((document) => document.items)) {
    for (const { version, resources } of group.versions) {
      for (const { resource, responseKind, scope, verbs } of resources) {
        const name = group.metadata?.name ?? '';
        const key = `${name}/${resource}`;
        const known = found.get(key);
        const preferred = { group: name, version, resource, kind: responseKind.kind, namespaced: scope === 'Namespaced', verbs };
        found.set(key, { ...(known ?? preferred), servedVersions: [...(known?.servedVersions ?? []), version] });
      }
    }
  }
  // The second view of events would show each of them twice.
  return [...found.values()].filter((resource) => !(resource.group === 'events.k8s.io' && resource.resource === 'events'));
}
