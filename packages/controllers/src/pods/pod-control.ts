// Pods are made and deleted with the same events by all controllers that keep a number of them (upstream's PodControl).
import type { Client } from '@holdfast/client';
import type { EventRecorder, ReadGuard } from '@holdfast/controller';
import { ignoreNotFound, isNamespaceTerminating, type KubeObject, type Pod, PODS } from '@holdfast/schema';

export interface PodControlOptions {
  readonly client: Client;
  readonly events: EventRecorder;
  /** Told of each write's answer. */
  readonly guard: ReadGuard;
}

export interface PodControl {
  /**
   * `key`: of the owner, for the guard. Rejects with the server's refusal, which is told as an event of the owner; but resolves and says
   * nothing where the namespace is about to go, since no later attempt would succeed.
   */
  create(owner: KubeObject, key: string, pod: Pod): Promise<void>;
  /** Deletes this very pod; one that is gone is no error. Rejects with the server's refusal, which is told as an event of the owner. */
  remove(owner: KubeObject, key: string, pod: Pod): Promise<void>;
}

export function podControl({ client, events, guard }: PodControlOptions): PodControl {
  return {
    async create(owner, key, wanted) {
      try {
        const pod = await client.create(PODS, wanted);
        guard.wrote(key, pod);
        events.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
      } catch (error) {
        if (isNamespaceTerminating(error)) return;
        events.event(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
        throw error;
      }
    },
    async remove(owner, key, { metadata: { namespace, name = '', uid } }) {
      try {
        const left = await client.delete(PODS, { namespace, name }, { preconditions: { uid } }).catch(ignoreNotFound);
        if (left && 'spec' in left) guard.wrote(key, left);
        if (left) events.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
      } catch (error) {
        events.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
        throw error;
      }
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
