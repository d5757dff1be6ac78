// What an admission plug-in is given and what it answers.
import type { KubeObject } from '@holdfast/schema';
import type { ServerContext } from '../core/server-context.ts';
import type { ResourceDefinition } from '../registry/resource-definition.ts';

/** A write on its way. */
export interface Attributes {
  readonly definition: ResourceDefinition;
  readonly operation: 'CREATE' | 'UPDATE';
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject;
  readonly old?: KubeObject;
  readonly subresource: string;
}

/** Returns the object, changed where needed; throws StatusError to refuse. */
export type AdmissionPlugin = (server: ServerContext, attributes: Attributes) => KubeObject | Promise<KubeObject>;
