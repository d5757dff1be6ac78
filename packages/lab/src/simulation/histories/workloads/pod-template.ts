// The pods of a world: what they run, and how their images are named.
import { isConditionTrue } from '@holdfast/controller';
import type { Pod, PodTemplateSpec } from '@holdfast/schema';

export const NAMESPACE = 'app';
export const CONTAINER = 'db';

/** Images of which nobody has any: a rollout to one cannot succeed. */
export const BAD_IMAGE = 'registry.example/db:missing';

export function goodImage(version: number): string {
  return `registry.example/db:${version}`;
}

/** Runs for a while and ends: well, or (`flaky`) one time in three not. */
export function taskImage(runMs: number, flaky: boolean): string {
  return `registry.example/${flaky ? 'flaky' : 'task'}:${runMs}`;
}

/** What the tag of a task's image says; undefined for servers, which run until they are stopped. */
export function taskOf(image: string): { readonly runMs: number; readonly flaky: boolean } | undefined {
  const match = /\/(?<name>flaky|task):(?<ms>\d+)$/.exec(image);
  return match?.groups ? { runMs: Number(match.groups['ms']), flaky: match.groups['name'] === 'flaky' } : undefined;
}

export function imageOf({ spec }: { readonly spec?: Pod['spec'] | undefined }): string {
  return spec?.containers[0]?.image ?? '';
}

/** What is not yet as it must be of a pod of a server: ready, and with this image where one is given. */
export function unsettled(pod: Pod, image?: string): readonly string[] {
  if (!isConditionTrue(pod.status?.conditions, 'Ready')) return [`pod ${pod.metadata.name} is not Ready`];
  return image === undefined || imageOf(pod) === image ? [] : [`pod ${pod.metadata.name} is not updated`];
}

export function labelsOf(workload: string): Readonly<Record<string, string>> {
  return { app: workload };
}

/** A server that says when it is ready and alive. */
export function serverTemplate(
  workload: string,
  mounts: readonly { readonly name: string; readonly mountPath: string }[] = [],
): PodTemplateSpec {
  return {
    metadata: { labels: labelsOf(workload) },
    spec: {
      terminationGracePeriodSeconds: 10,
      containers: [
        {
          name: CONTAINER,
          image: goodImage(1),
          resources: { requests: { cpu: '100m' } },
          readinessProbe: { exec: { command: ['ready'] }, periodSeconds: 5 },
          livenessProbe: { exec: { command: ['alive'] }, periodSeconds: 10, failureThreshold: 2 },
          ...(mounts.length > 0 ? { volumeMounts: mounts } : {}),
        },
      ],
    },
  };
}
