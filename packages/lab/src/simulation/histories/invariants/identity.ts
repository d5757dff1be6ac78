// Never two of one identity: what runs under a pod's name runs once, and a pod is gone only when nothing of it runs.
import { controllerOf } from '@holdfast/controller';
import { type Pod, PODS } from '@holdfast/schema';
import { isOf } from '../../recording-store.ts';
import type { Invariant, Watching } from './invariant.ts';

export function identity({ containers, report }: Watching): Invariant {
  return {
    started(container) {
      const twin = containers().find(
        ({ namespace, pod, container: name }) => namespace === container.namespace && pod === container.pod && name === container.container,
      );
      if (!twin) return;
      const other = twin.uid === container.uid ? 'the same pod' : 'another pod';
      report(`${container.pod} starts on ${container.nodeName} while ${other} of this name still runs on ${twin.nodeName}`);
    },
    change(change) {
      if (!isOf(change, PODS)) return;
      if (change.type === 'ADDED') hasIdentity(change.object, report);
      if (change.type !== 'DELETED') return;
      const { uid, name } = change.object.metadata;
      const running = containers().find((container) => container.uid === uid);
      if (running) report(`${name} was removed while its container ${running.container} still runs on ${running.nodeName}`);
    },
  };
}

/** A pod of a set carries its name, and claims of its own. */
function hasIdentity({ metadata, spec }: Pod, report: (message: string) => void): void {
  const owner = controllerOf({ metadata });
  const { name = '' } = metadata;
  if (owner?.kind !== 'StatefulSet') return;
  if (metadata.labels?.['statefulset.kubernetes.io/pod-name'] !== name) report(`${name} has no label with its own name`);
  if (spec?.hostname !== name) report(`${name} has the host name ${spec?.hostname}`);
  for (const { name: volume, persistentVolumeClaim: claim } of spec?.volumes ?? [])
    if (claim && claim.claimName !== `${volume}-${name}`) report(`${name} uses the claim ${claim.claimName}, which is not its own`);
}
