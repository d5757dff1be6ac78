// Which containers of a pod run beside its main ones.
import type { Container, Pod } from './generated/types.ts';

/** Init containers with restartPolicy Always, in their order. */
export function sidecarsOf({ spec }: Pod): readonly Container[] {
  return (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
}
