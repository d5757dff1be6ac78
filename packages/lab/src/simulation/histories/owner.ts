// What an operator leaves on a cluster: a resource of its own, and an object of it that owns the workloads.
import {
  apiVersionOf,
  type CustomResourceDefinition,
  CUSTOMRESOURCEDEFINITIONS,
  type KubeObject,
  type OwnerReference,
  type ResourceType,
} from '@holdfast/schema';
import type { Simulation } from '../simulation.ts';
import { NAMESPACE } from './workloads/pod-template.ts';

export const VERSIONS = ['v1', 'v2'] as const;
export type Version = (typeof VERSIONS)[number];

/** In the version in which it is stored. */
export const DATABASES: ResourceType<KubeObject> = {
  group: 'example.org',
  version: 'v1',
  resource: 'databases',
  kind: 'Database',
  namespaced: true,
};
const DEFINITION = `${DATABASES.resource}.${DATABASES.group}`;
const OWNER = 'app';

/** Makes the definition, which serves only v1 at first. */
export async function define(sim: Simulation): Promise<void> {
  const { group, resource: plural, kind } = DATABASES;
  const spec = { group, scope: 'Namespaced', names: { plural, kind }, versions: versionsOf(['v1']) };
  await sim.run(sim.client.create(CUSTOMRESOURCEDEFINITIONS, { metadata: { name: DEFINITION }, spec }));
}

function versionsOf(served: readonly Version[]): NonNullable<CustomResourceDefinition['spec']>['versions'] {
  const schema = { openAPIV3Schema: { type: 'object' } };
  return VERSIONS.map((name) => ({ name, served: served.includes(name), storage: name === DATABASES.version, schema }));
}

/** Serves these versions and no others; none: its objects are there, and nobody sees them. */
export async function serve(sim: Simulation, served: readonly Version[]): Promise<void> {
  const body = { spec: { versions: versionsOf(served) } };
  await sim.run(sim.client.patch(CUSTOMRESOURCEDEFINITIONS, { name: DEFINITION }, { type: 'merge', body }));
}

/** Removes the definition, and every object of it. */
export async function deleteDefinition(sim: Simulation): Promise<void> {
  await sim.run(sim.client.delete(CUSTOMRESOURCEDEFINITIONS, { name: DEFINITION }));
}

/** Makes the owner, where its resource is served: an operator that is installed again may find another definition. */
export async function makeOwner(sim: Simulation): Promise<void> {
  const type = servedType(sim);
  if (type) await sim.run(sim.client.create(type, { metadata: { name: OWNER, namespace: NAMESPACE } }));
}

export async function deleteOwner(sim: Simulation, propagationPolicy: 'Background' | 'Foreground' | 'Orphan'): Promise<string> {
  const type = servedType(sim);
  if (!type) return 'not served';
  await sim.run(sim.client.delete(type, { namespace: NAMESPACE, name: OWNER }, { propagationPolicy }));
  return 'done';
}

/** References to the owner that there is, as an operator puts them on what it makes. */
export function ownerReferences(sim: Simulation): readonly OwnerReference[] {
  return owners(sim)
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .map(({ metadata: { name = '', uid = '' } }) => {
      return { apiVersion: apiVersionOf(DATABASES), kind: DATABASES.kind, name, uid, controller: true, blockOwnerDeletion: true };
    });
}

/** Also those that are not served. */
export function owners(sim: Simulation): readonly KubeObject[] {
  return sim.list(DATABASES);
}

export function isDefined(sim: Simulation): boolean {
  return definitionOf(sim) !== undefined;
}

/** Whether the resource is served in all its versions. */
export function allServed(sim: Simulation): boolean {
  return definitionOf(sim)?.spec?.versions.every(({ served }) => served) ?? false;
}

function servedType(sim: Simulation): ResourceType<KubeObject> | undefined {
  const version = definitionOf(sim)?.spec?.versions.find(({ served }) => served)?.name;
  return version === undefined ? undefined : { ...DATABASES, version };
}

function definitionOf(sim: Simulation): CustomResourceDefinition | undefined {
  return sim.list(CUSTOMRESOURCEDEFINITIONS).find(({ metadata }) => metadata.name === DEFINITION);
}
