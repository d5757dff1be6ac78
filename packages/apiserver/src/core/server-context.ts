// What every handler works with.
import type { Clock, Random } from '@holdfast/clock';
import type { ApiRequest, KubeObject, NodeDialer } from '@holdfast/schema';
import type { Store } from '@holdfast/store';
import type { ResourceDefinition } from '../registry/resource-definition.ts';
import type { Authorizer } from '../access/authorizer.ts';
import type { MutableRegistry } from '../registry/registry.ts';
import type { PolicyCache } from '../admission/policies/policy.ts';
import type { WebhookCaller } from '../admission/webhooks/caller.ts';
import type { HookCache } from '../admission/webhooks/hook.ts';
import type { KubeletFinder } from '../kubelet/kubelet.ts';
import type { FrameCache } from './encoded.ts';
import type { BackendTransport } from '../proxy/backend.ts';
import type { RequestInfo } from '../requests/request-info.ts';

/** The server's parts. */
export interface ServerContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store<KubeObject>;
  readonly registry: MutableRegistry;
  readonly nodes: NodeDialer;
  /** Agents of nodes that are other programs; without it there are none. */
  readonly kubelet?: KubeletFinder | undefined;
  /** Pods, for requests that are passed on to them; without it none is. */
  readonly backends?: BackendTransport | undefined;
  readonly serviceCidr: string;
  readonly authorizer: Authorizer;
  /** Addresses and ports that were given to Services, and when: a Service is not seen before it is stored. */
  readonly given?: Map<string, number>;
  /** Frames of changes, shared by all who watch; without it each watcher has its own. */
  readonly frames?: FrameCache;
  /** Admission plug-ins that are left out, by upstream's names. */
  readonly disabledAdmission?: ReadonlySet<string>;
  /** Webhooks of the stored configurations; without it none is asked. */
  readonly hooks?: HookCache;
  /** Admission policies that are stored; without it none is asked. */
  readonly policies?: PolicyCache;
  /** How webhooks are reached; without it calls fail, as each webhook's failurePolicy says. */
  readonly callWebhook?: WebhookCaller | undefined;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
  /** Ends of the watches under way, called when the server closes: a signal takes ever longer to add to, the more listen to it. */
  readonly ends: Set<() => void>;
}

/** One request for a resource. */
export interface ResourceRequest {
  readonly server: ServerContext;
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  readonly definition: ResourceDefinition;
  /** Texts for Warning headers, filled while the request is handled. */
  readonly warnings: string[];
}

/** 'core/pods/default/web-0'; cluster-scoped objects have no namespace part. */
export function storageKey(definition: Pick<ResourceDefinition, 'storagePrefix' | 'namespaced'>, namespace: string, name: string): string {
  return definition.namespaced ? `${definition.storagePrefix}/${namespace}/${name}` : `${definition.storagePrefix}/${name}`;
}

/** The prefix of a collection, of one namespace where given. */
export function collectionPrefix(definition: Pick<ResourceDefinition, 'storagePrefix' | 'namespaced'>, namespace: string): string {
  return definition.namespaced && namespace !== '' ? `${definition.storagePrefix}/${namespace}/` : `${definition.storagePrefix}/`;
}
