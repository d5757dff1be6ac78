// What an admission plug-in is given and what it answers.
import type { GroupVersionKindName, KubeObject, UserInfo } from '@holdfast/schema';
import type { ServerContext } from '../core/server-context.ts';
import type { ResourceDefinition } from '../registry/resource-definition.ts';

/** A write on its way. */
export interface Attributes {
  readonly definition: ResourceDefinition;
  /** CONNECT: a stream is opened (exec, attach, portforward); only webhooks and policies are asked about it. */
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly namespace: string;
  /** Of a creation with generateName that still has no name: that base. */
  readonly name: string;
  /** What is written; for a deletion, what is there. */
  readonly object: KubeObject;
  readonly old?: KubeObject | undefined;
  readonly subresource: string;
  /** What `object` is where it is no object of the definition: a Scale, an Eviction. */
  readonly kind?: GroupVersionKindName;
  /** CreateOptions, UpdateOptions or DeleteOptions as webhooks see them, without kind and apiVersion. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** Texts for Warning headers. */
  readonly warnings?: string[] | undefined;
  /** On whose behalf; absent: the server's own. */
  readonly user: UserInfo | undefined;
  readonly dryRun: boolean;
}

/** Returns the object, changed where needed; throws StatusError to refuse. */
export type AdmissionPlugin = (server: ServerContext, attributes: Attributes) => KubeObject | Promise<KubeObject>;
