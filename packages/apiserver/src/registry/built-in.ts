// The definitions of the built-in resources, from the type table.
import { apiVersionOf, type KubeObject, servedGroups, typeNameOf } from '@holdfast/schema';
import { eventsV1FromStored, eventsV1ToStored } from '../strategies/event-views.ts';
import { strategyOf } from '../strategies/index.ts';
import type { ResourceDefinition } from './resource-definition.ts';

/** All resources that a default server serves. */
export function builtInDefinitions(): readonly ResourceDefinition[] {
  return servedGroups().flatMap(({ group, versions }) =>
    versions.flatMap(({ version, resources }) =>
      resources.map((resource): ResourceDefinition => {
        const typeName = typeNameOf({ group, version, kind: resource.kind });
        const events = group === 'events.k8s.io';
        const own = apiVersionOf({ group, version });
        const storage = resource.storageVersion;
        return {
          group,
          version,
          resource: resource.name,
          singular: resource.singular,
          kind: resource.kind,
          listKind: `${resource.kind}List`,
          namespaced: resource.namespaced,
          verbs: resource.verbs,
          shortNames: resource.shortNames ?? [],
          categories: resource.categories ?? [],
          storageVersionHash: resource.storageVersionHash,
          subresources: resource.subresources ?? [],
          // Both groups of events are views of one stored object.
          storagePrefix: events ? 'core/events' : `${group === '' ? 'core' : group}/${resource.name}`,
          typeName,
          strategy: strategyOf(group, resource.name),
          fromStored: events ? eventsV1FromStored : storage ? (object) => ({ ...object, apiVersion: own }) : same,
          toStored: events ? eventsV1ToStored : storage ? (object) => ({ ...object, apiVersion: apiVersionOf(storage) }) : same,
        };
      }),
    ),
  );
}

function same(object: KubeObject): KubeObject {
  return object;
}
