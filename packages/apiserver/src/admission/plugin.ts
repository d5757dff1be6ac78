// What an admission plug-in is given and what it answers.
import type { KubeObject, UserInfo } from '@holdfast/schema';
import type { ServerContext } from '../core/server-context.ts';
import type { ResourceDefinition } from '../registry/resource-definition.ts';

/** A write on its way. */
export interface Attributes {
  readonly definition: ResourceDefinition;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject;
  readonly old?: KubeObject;
  readonly subresource: string;
  /** On whose behalf; absent: the server's own. */
  readonly user: UserInfo | undefined;
  readonly dryRun: boolean;
}

/** Returns the object, changed where needed; throws StatusError to refuse. */
export type AdmissionPlugin = (server: ServerContext, attributes: Attributes) => KubeObject | Promise<KubeObject>;
