// The subresource through which containers are added to a pod that runs: nothing but its ephemeral containers is taken from a write.
import type { KubeObject, Pod } from '@holdfast/schema';
import type { Change } from '../core/write.ts';

/** The change that takes over only the ephemeral containers of what `change` makes. */
export function ephemeralChange(change: Change): Change {
  return async (current) => {
    const wanted = await change(current);
    const { uid, resourceVersion, managedFields } = wanted.metadata;
    const { ephemeralContainers } = (wanted as Pod).spec ?? {};
    const metadata = { ...current.metadata, uid, resourceVersion, managedFields };
    const next: KubeObject & Pod = { ...current, metadata, spec: { containers: [], ...(current as Pod).spec, ephemeralContainers } };
    return next;
  };
}
